"""The counts of an n-gram expert: tables by context, which are found by hashes of ids."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from seqgen.inference.base import Array

_MULTIPLIER = 0x9E3779B97F4A7C15
"""Must be odd: then multiplying by it modulo 2**64 loses nothing of the hash."""
_SHIFT = 29
_MASK = (1 << 64) - 1
_KEY_SHIFT = 24
"""A key is the upper 40 bits of a hash. Among a million contexts, two have the same key about once in two models; then
one of the two gets the counts of the other."""


def extend_hash(of_context: Array, ids: Array) -> NDArray[np.uint64]:
    """The hashes of contexts with one more id each: 64 bits, oldest id first. The empty context has the hash 0.

    >>> once = extend_hash(np.zeros(1, np.uint64), np.array([5]))
    >>> bool(once == extend_hash(np.zeros(1, np.uint64), np.array([5]))), bool(once == extend_hash(once, np.array([5])))
    (True, False)
    """
    mixed = (of_context + ids.astype(np.uint64) + np.uint64(1)) * np.uint64(_MULTIPLIER)
    extended: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(_SHIFT))
    return extended


def extend_context(hashes: Sequence[int], token: int) -> list[int]:
    """The hashes of one stream's latest 0, 1, ... N-1 ids after one more id. For one stream, Python beats NumPy.

    >>> extend_context([0, 0], 5)[1] == int(extend_hash(np.zeros(1, np.uint64), np.array([5]))[0])
    True
    """
    extended = [0]
    for of_context in hashes[:-1]:
        mixed = (of_context + token + 1) * _MULTIPLIER & _MASK
        extended.append(mixed ^ (mixed >> _SHIFT))
    return extended


def key_of(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """By what a table knows contexts with these hashes.

    >>> key_of(np.array([2**63], np.uint64)).tolist() == [2**39]
    True
    """
    keys: NDArray[np.uint64] = hashes >> np.uint64(_KEY_SHIFT)
    return keys


@final
@dataclass(frozen=True, eq=False)
class ContextTable:
    """What followed the contexts of one length, as it was counted. C contexts, G n-grams.

    >>> from seqgen.evaluation.ngram import NgramModel
    >>> pairs = NgramModel(np.array([1, 2, 1, 3]), order=2, vocab_size=4).tables()[1]
    >>> len(pairs.keys), len(pairs.ids)  # after end-of-text, 1 and 2
    (3, 4)
    """

    keys: NDArray[np.uint64]
    """What `key_of` makes of each context's hash, sorted. (C,)"""
    sizes: Array
    """How many different tokens followed each context. (C,)"""
    ids: Array
    """Those tokens, context by context. (G,)"""
    counts: Array
    """How often each followed. (G,)"""
    discounts: NDArray[np.float64]
    """What is taken off a count of 0, 1, 2, and 3 or more. (4,)"""

    @cached_property
    def bounds(self) -> NDArray[np.int64]:
        """Where the tokens of each context begin in `ids`, and where the last ones end. (C+1,)"""
        return np.concatenate(([0], np.cumsum(self.sizes, dtype=np.int64)))

    @cached_property
    def reserved(self) -> NDArray[np.float32]:
        """The probability mass that each context leaves to the next shorter one. (C,)"""
        sums = np.add.reduceat(self.discounts[np.minimum(self.counts, 3)], self.bounds[:-1])
        return (sums / self._totals).astype(np.float32)

    @cached_property
    def kept(self) -> NDArray[np.float32]:
        """The probability of each n-gram after its discount. (G,)"""
        left = self.counts - self.discounts[np.minimum(self.counts, 3)]
        return (left / np.repeat(self._totals, self.sizes)).astype(np.float32)

    @property
    def _totals(self) -> NDArray[np.float64]:
        return np.add.reduceat(self.counts.astype(np.float64), self.bounds[:-1])

    def find(self, hashes: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The number of each context, and whether it is in the table at all. (M,) both."""
        keys = key_of(hashes)
        numbers = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return numbers, self.keys[numbers] == keys

    def find_one(self, of_context: int) -> int | None:
        """The number of the context with this hash; None if it is not in the table."""
        keys, key = self._sorted_keys, of_context >> _KEY_SHIFT
        number = bisect_left(keys, key)
        return number if number < len(keys) and keys[number] == key else None

    def lengthen(self, p: Array, number: int) -> Array:
        """From p(token | shorter context) to p(token | context of this number): a new array, (V,) -> (V,)."""
        start, end = self._starts[number], self._starts[number + 1]
        longer: Array = p * self.reserved[number]
        if end - start == 1:  # so it is for most long contexts, and single numbers are faster than arrays of one
            longer[self.ids[start]] += self.kept[start]
        else:
            longer[self.ids[start:end]] += self.kept[start:end]
        return longer

    @cached_property
    def _sorted_keys(self) -> memoryview[int]:
        """The keys as Python's integers, which are faster than NumPy's one by one."""
        return self.keys.data

    @cached_property
    def _starts(self) -> memoryview[int]:
        return self.bounds.data
