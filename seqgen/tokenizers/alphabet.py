"""The characters of a text and how often each occurs: what the char and word vocabularies are built on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqgen.tokenizers.end_of_text import MARK

N_CODES = 0x110000
"""Number of Unicode code points, surrogates included."""

N_CHARACTERS = 1_112_064
"""Number of Unicode scalar values: every code point that is not a surrogate."""


def code_points(text: str) -> NDArray[np.uint32]:
    """The code point of each character of a text, marks included.

    >>> from seqgen.tokenizers.alphabet import code_points
    >>> code_points("aé").tolist()
    [97, 233]
    """
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


@dataclass(frozen=True)
class Alphabet:
    """The distinct characters of a text, and how likely it is that the next character is none of them."""

    characters: str
    """In the order of their code points."""
    oov_probability: float


def count_alphabet(chunks: Iterable[str]) -> Alphabet:
    """Read a text once and return its alphabet. Marks do not belong to it.

    The probability of a new character is the estimate of Good and Turing (Good 1953): the share of the text's
    characters that occur only once. If none does, half a character is taken to do so.

    >>> from seqgen.tokenizers.alphabet import count_alphabet
    >>> count_alphabet(["abac"])
    Alphabet(characters='abc', oov_probability=0.5)
    """
    counts = np.zeros(N_CODES, dtype=np.int64)
    for chunk in chunks:
        chunk_counts = np.bincount(code_points(chunk))
        counts[: chunk_counts.size] += chunk_counts
    counts[ord(MARK)] = 0
    codes = np.flatnonzero(counts).tolist()
    n_once = int((counts == 1).sum())
    probability = min(0.5, max(n_once, 0.5) / max(1, int(counts.sum())))
    return Alphabet("".join(map(chr, codes)), probability)
