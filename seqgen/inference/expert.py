"""An n-gram expert: Kneser-Ney probabilities that are mixed with those of a decoder, in NumPy.

What the network has not learned of frequent words and phrases, the counts of the training text know, and the other way
round. The mixture is linear (Jelinek & Mercer 1980), with one weight w for all contexts:

    p(token | past) = w p_n-gram(token | past) + (1 - w) p_network(token | past)

`seqgen.evaluation.ngram` counts and says how the counts are smoothed. Here the counts stand in tables by context, so
that a step looks up one context of each length and gets the probabilities of all tokens at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from seqgen.inference.base import Array

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""Must be odd: then multiplying by it modulo 2**64 loses nothing of the hash."""
_SHIFT = np.uint64(29)
_KEY_SHIFT = np.uint64(24)
"""A key is the upper 40 bits of a hash. Among a million contexts, two have the same key about once in two models; then
one of the two gets the counts of the other."""
_END_OF_TEXT = 0
"""The id that stands before the beginning of every text, as `seqgen.tokenizers.END_OF_TEXT`."""


def extend_hash(of_context: Array, ids: Array) -> NDArray[np.uint64]:
    """The hashes of contexts with one more id each: 64 bits, oldest id first. The empty context has the hash 0.

    >>> once = extend_hash(np.zeros(1, np.uint64), np.array([5]))
    >>> bool(once == extend_hash(np.zeros(1, np.uint64), np.array([5]))), bool(once == extend_hash(once, np.array([5])))
    (True, False)
    """
    mixed = (of_context + ids.astype(np.uint64) + np.uint64(1)) * _MULTIPLIER
    extended: NDArray[np.uint64] = mixed ^ (mixed >> _SHIFT)
    return extended


def key_of(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """By what a table knows contexts with these hashes.

    >>> key_of(np.array([2**63], np.uint64)).tolist() == [2**39]
    True
    """
    keys: NDArray[np.uint64] = hashes >> _KEY_SHIFT
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


@final
class NgramExpert:
    """The probabilities of an n-gram model and their weight in the mixture.

    Contexts of B streams are hashes, one for each length from 0 to N-1, in int64: (B, N).

    >>> from seqgen.evaluation.ngram import NgramModel
    >>> ids = np.array([1, 2, 3] * 100)
    >>> expert = NgramExpert(NgramModel(ids, order=3, vocab_size=4).tables(), vocab_size=4, weight=0.5)
    >>> contexts = expert.beginning(1)
    >>> for token in (1, 2, 3):
    ...     contexts = expert.advance(contexts, np.array([token]))
    >>> int(expert.probabilities(contexts)[0].argmax())  # 1 always follows 2, 3
    1
    """

    def __init__(self, tables: Sequence[ContextTable], *, vocab_size: int, weight: float) -> None:
        self.tables = tuple(tables)
        self.vocab_size = vocab_size
        self.weight = weight

    @property
    def order(self) -> int:
        """Length of the longest n-grams: N."""
        return len(self.tables)

    @property
    def n_ngrams(self) -> int:
        """N-grams of all lengths."""
        return sum(len(table.ids) for table in self.tables)

    def beginning(self, n_streams: int) -> NDArray[np.int64]:
        """The contexts at the beginning of B texts."""
        contexts = np.zeros((n_streams, self.order), np.int64)
        for _ in range(self.order - 1):
            contexts = self.advance(contexts, np.full(n_streams, _END_OF_TEXT))
        return contexts

    def advance(self, contexts: Array, ids: Array) -> NDArray[np.int64]:
        """The contexts after one more id of each stream, (B,)."""
        after = np.zeros_like(contexts)
        after[:, 1:] = extend_hash(contexts[:, :-1].view(np.uint64), ids[:, None]).view(np.int64)
        return after

    def read(self, contexts: Array, ids: Array) -> NDArray[np.int64]:
        """The contexts after each of T ids of each stream, (B, T) -> (B, T, N)."""
        n_time = ids.shape[1]
        hashes = np.zeros((len(ids), n_time + 1, self.order), np.uint64)
        hashes[:, 0] = np.ascontiguousarray(contexts).view(np.uint64)
        for length in range(1, self.order):
            hashes[:, 1:, length] = extend_hash(hashes[:, :-1, length - 1], ids)
        return np.ascontiguousarray(hashes[:, 1:]).view(np.int64)

    def probabilities(self, contexts: Array) -> NDArray[np.float32]:
        """p(token | context) of all tokens after M contexts, (M, N) -> (M, V)."""
        hashes = np.ascontiguousarray(contexts).view(np.uint64)
        p = np.full((len(hashes), self.vocab_size), 1 / self.vocab_size, np.float32)
        if len(hashes) == 1:
            self._lengthen_one(p[0], key_of(hashes[0]))
        else:
            self._lengthen(p, hashes)
        return p

    def _lengthen(self, p: Array, hashes: NDArray[np.uint64]) -> None:
        """From the empty context to the longest known one, in place: p(token | shorter) -> p(token | longer)."""
        rows = np.arange(len(hashes))
        for length, table in enumerate(self.tables):
            numbers, is_known = table.find(hashes[rows, length])
            rows, numbers = rows[is_known], numbers[is_known]
            if not len(rows):  # a longer context ends with this one, so it is unknown too
                break
            starts, sizes = table.bounds[numbers], table.sizes[numbers].astype(np.int64)
            shifts = starts - (np.cumsum(sizes) - sizes)
            grams = np.repeat(shifts, sizes) + np.arange(sizes.sum())
            p[rows] *= table.reserved[numbers, None]
            p[np.repeat(rows, sizes), table.ids[grams]] += table.kept[grams]

    def _lengthen_one(self, p: Array, keys: NDArray[np.uint64]) -> None:
        """The same for one context, with fewer calls of NumPy."""
        for key, table in zip(keys, self.tables, strict=True):
            number = table.keys.searchsorted(key)
            if number == len(table.keys) or table.keys[number] != key:
                break
            start, end = table.bounds[number], table.bounds[number + 1]
            p *= table.reserved[number]
            p[table.ids[start:end]] += table.kept[start:end]

    def mix(self, logits: Array, p: Array) -> Array:
        """The logarithms of the mixed probabilities, for logits and probabilities of shape (M, V)."""
        mixed: Array = np.exp(logits - logits.max(axis=1, keepdims=True))
        mixed *= (1 - self.weight) / mixed.sum(axis=1, keepdims=True)
        mixed += self.weight * p
        return np.log(mixed, out=mixed)
