"""The set of characters of a text with their counts: what the char and word vocabularies are built on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MARK = "\udc00"
"""Stands in a text in memory where a document ends: a lone surrogate, which no decoded file can contain."""
N_CODES = 0x110000
N_CHARACTERS = 1_112_064
"""Unicode scalar values: every code point that is not a surrogate."""


def code_points(text: str) -> NDArray[np.uint32]:
    """The code points of a text (marks included), one for each character."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


@dataclass(frozen=True)
class Alphabet:
    """Distinct characters in code-point order, and how likely the next character is a new one."""

    characters: str
    oov_probability: float


def count_alphabet(chunks: Iterable[str]) -> Alphabet:
    """Read a text once and return its alphabet, marks left out.

    The probability of a new character is Good and Turing's estimate (Good 1953): the share of the
    text made of characters that occur once; half a character where there is none such.
    """
    counts = np.zeros(N_CODES, dtype=np.int64)
    for chunk in chunks:
        seen = np.bincount(code_points(chunk))
        counts[: seen.size] += seen
    counts[ord(MARK)] = 0
    codes = np.flatnonzero(counts).tolist()
    n_once = int((counts == 1).sum())
    probability = min(0.5, max(n_once, 0.5) / max(1, int(counts.sum())))
    return Alphabet("".join(map(chr, codes)), probability)
