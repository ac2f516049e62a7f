"""The n-grams of a source as rows of a table: its words, pairs of words, and short runs of characters.

They are found in the text itself, so that they do not depend on a tokenizer. Which row an n-gram has is computed from
its code points (Weinberger et al. 2009), so that no vocabulary has to be stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\w+|[^\w\s]")
_BASE = 0x9E3779B97F4A7C15
"""Must be odd: then it has an inverse modulo 2**64."""
_INVERSE = np.uint64(pow(_BASE, -1, 2**64))
_MIXER = np.uint64(0xBF58476D1CE4E5B9)
_WORD_MARK = np.uint64(0x94D049BB133111EB)
"""Added to the hash of a word, so that it differs from the same characters within a word."""
_WEIGHTS = {"words": 2.0, "characters": 1.0}
"""Values of n-grams before they are divided. Words are fewer and tell more."""
_BLOCK = 1 << 18
"""Characters whose n-grams are found at once. More would take more memory, and not less time."""

Hashes = NDArray[np.uint64]
Numbers = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class NgramKinds:
    """Which n-grams are read: the longest ones of words and of characters.

    >>> NgramKinds(words=1, characters=4)
    NgramKinds(words=1, characters=4)
    """

    words: int = 2
    """0 reads no words. A source that is a single word has none: no other source is that word."""
    characters: int = 4
    """Spaces between words count, and there is one before and one after a source."""


@dataclass(frozen=True, eq=False)
class SourceRows:
    """The rows of N sources, one source after the other, and the value of each of them in its source.

    The rows of one source come in the same order whatever sources are beside it. The first one is row 0, which every
    source has, with the value 1: its weights are there for every source.

    >>> rows_of(["", "Al"], NgramKinds(words=0, characters=1), n_rows=2**16).starts.tolist()
    [0, 2, 6]
    """

    rows: Numbers
    """(M,)"""
    values: NDArray[np.float32]
    """(M,)"""
    starts: Numbers
    """Where the rows of each source begin, and at the end M. (N + 1,)"""


def rows_of(sources: Sequence[str], kinds: NgramKinds, *, n_rows: int) -> SourceRows:
    """The rows of the n-grams of some sources in a table with so many rows, a power of two from 2 on.

    Letters count in lower case, and white space as single spaces. An n-gram counts once, however often it occurs. The
    values of a source are 2 for n-grams of words and 1 for n-grams of characters, divided so that the sum of their
    squares is 1: long and short sources weigh the same.

    >>> one = rows_of(["Al"], NgramKinds(words=1, characters=2), n_rows=2**16)
    >>> (one.values**-2).round().tolist()  # no n-gram; " ", a, l, " a", al, "l "
    [1.0, 6.0, 6.0, 6.0, 6.0, 6.0, 6.0]
    """
    blocks = [_rows_of_block(block, kinds, n_rows) for block in _blocks(sources)]
    if not blocks:
        return SourceRows(np.empty(0, np.int64), np.empty(0, np.float32), np.zeros(1, np.int64))
    sizes = np.concatenate([np.diff(block.starts) for block in blocks])
    return SourceRows(
        rows=np.concatenate([block.rows for block in blocks]),
        values=np.concatenate([block.values for block in blocks]),
        starts=np.concatenate(([0], np.cumsum(sizes))),
    )


def _blocks(sources: Sequence[str]) -> Iterator[list[str]]:
    """The sources as they are read, some at a time."""
    block: list[str] = []
    n_characters = 0
    for source in sources:
        block.append(f" {' '.join(source.lower().split())} ")
        n_characters += len(block[-1])
        if n_characters >= _BLOCK:
            yield block
            block, n_characters = [], 0
    if block:
        yield block


def _rows_of_block(texts: Sequence[str], kinds: NgramKinds, n_rows: int) -> SourceRows:
    found = [_distinct(owners, hashes, n_rows=n_rows, weight=weight) for owners, hashes, weight in _find(texts, kinds)]
    owners, rows, values = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    values /= np.sqrt(np.bincount(owners, weights=values**2, minlength=len(texts)))[owners]
    every_text = np.arange(len(texts))
    owners = np.concatenate((every_text, owners))
    rows = np.concatenate((np.zeros_like(every_text), rows))
    values = np.concatenate((np.ones(len(texts)), values))
    order = np.argsort(owners, kind="stable")
    starts = np.concatenate(([0], np.cumsum(np.bincount(owners, minlength=len(texts)))))
    return SourceRows(rows[order], values[order].astype(np.float32), starts)


def _distinct(owners: Numbers, hashes: Hashes, *, n_rows: int, weight: float) -> tuple[Numbers, Numbers, Values]:
    """The rows of n-grams, each once in every text, with their texts and a weight."""
    rows = (1 + hashes % np.uint64(n_rows - 1)).astype(np.int64)  # never row 0
    owners, rows = np.divmod(np.unique(owners * n_rows + rows), n_rows)
    return owners, rows, np.full(len(rows), weight)


def _find(texts: Sequence[str], kinds: NgramKinds) -> Iterator[tuple[Numbers, Hashes, float]]:
    """The n-grams of words and those of characters: of each the number of its text, and its hash; and their weight."""
    joined = "".join(texts)
    owners = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    hasher = _Hasher(joined)
    yield *_words(joined, owners, hasher, longest=kinds.words), _WEIGHTS["words"]
    yield *_characters(owners, hasher, longest=kinds.characters), _WEIGHTS["characters"]


def _words(joined: str, owners: Numbers, hasher: _Hasher, *, longest: int) -> tuple[Numbers, Hashes]:
    spans = np.array([match.span() for match in _WORD.finditer(joined)], np.int64).reshape(-1, 2)
    n_words = np.bincount(owners[spans[:, 0]])
    starts, ends = spans[n_words[owners[spans[:, 0]]] > 1].T if longest else np.empty((2, 0), np.int64)
    of_words = hasher.hashes(starts, ends) + _WORD_MARK
    found_owners, found = [owners[starts]], [_mix(of_words)]
    hashes = of_words
    for n in range(2, longest + 1):
        hashes = _mix(hashes[:-1]) + of_words[n - 1 :]
        first, last = owners[starts[: len(hashes)]], owners[starts[n - 1 :]]
        found_owners.append(first[first == last])
        found.append(_mix(hashes[first == last]))
    return np.concatenate(found_owners), np.concatenate(found)


def _characters(owners: Numbers, hasher: _Hasher, *, longest: int) -> tuple[Numbers, Hashes]:
    found_owners, found = [owners[:0]], [np.empty(0, np.uint64)]
    for n in range(1, longest + 1):
        starts = np.flatnonzero(owners[: max(0, len(owners) - n + 1)] == owners[n - 1 :])
        found_owners.append(owners[starts])
        found.append(_mix(hasher.hashes(starts, starts + n)))
    return np.concatenate(found_owners), np.concatenate(found)


@final
class _Hasher:
    """Hashes of the pieces of a text: the sum of (code point + 1) * base**position modulo 2**64 (Karp & Rabin 1987)."""

    def __init__(self, text: str) -> None:
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
        terms = (codes + np.uint64(1)) * _powers(np.uint64(_BASE), len(codes))
        self._sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)))
        self._inverses = _powers(_INVERSE, len(codes))

    def hashes(self, starts: Numbers, ends: Numbers) -> Hashes:
        """Those of pieces that are not empty. Where a piece stands in the text does not matter."""
        hashes: Hashes = (self._sums[ends] - self._sums[starts]) * self._inverses[starts]
        return hashes


def _powers(base: np.uint64, n: int) -> Hashes:
    """The powers of a base from 0 to n - 1, modulo 2**64."""
    factors = np.full(n, base)
    factors[:1] = 1
    return np.cumprod(factors, dtype=np.uint64)


def _mix(hashes: Hashes) -> Hashes:
    """The same hashes with every bit depending on all bits."""
    mixed: Any = (hashes ^ (hashes >> np.uint64(31))) * _MIXER
    spread: Hashes = mixed ^ (mixed >> np.uint64(29))
    return spread
