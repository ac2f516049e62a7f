"""An n-gram expert: Kneser-Ney probabilities that are mixed with those of a decoder, in NumPy.

What the network has not learned of frequent words and phrases, the counts of the training text know, and the other way
round. The mixture is linear (Jelinek & Mercer 1980), with one weight w for all contexts:

    p(token | past) = w p_n-gram(token | past) + (1 - w) p_network(token | past)

`seqgen.evaluation.ngram` counts and says how the counts are smoothed. Here the counts stand in tables by context, so
that a step looks up one context of each length and gets the probabilities of all tokens at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from seqgen.inference.base import Array
from seqgen.inference.expert_rows import KnownRows
from seqgen.inference.expert_tables import ContextTable, extend_hash

_END_OF_TEXT = 0
"""The id that stands before the beginning of every text, as `seqgen.tokenizers.END_OF_TEXT`."""
_FEW = 32
"""For so many contexts or fewer, the rows of known contexts are faster than all rows at once."""


@final
class NgramExpert:
    """The probabilities of an n-gram model and their weight in the mixture.

    Contexts of B streams are hashes, one for each length from 0 to N-1, in int64: (B, N).

    >>> from seqgen.evaluation.ngram import NgramModel
    >>> ids = np.array([1, 2, 3] * 100)
    >>> expert = NgramExpert(NgramModel(ids, order=3, vocab_size=4).tables(), vocab_size=4, weight=0.5)
    >>> contexts = expert.read(expert.beginning(1), np.array([[1, 2, 3]]))[:, -1]
    >>> int(expert.probabilities(contexts)[0].argmax())  # 1 always follows 2, 3
    1
    """

    def __init__(self, tables: Sequence[ContextTable], *, vocab_size: int, weight: float) -> None:
        self.tables = tuple(tables)
        self.vocab_size = vocab_size
        self.weight = weight

    def __deepcopy__(self, memo: object) -> NgramExpert:
        """The same object: nothing changes an expert, so copies of a model share it."""
        return self

    @property
    def order(self) -> int:
        """Length of the longest n-grams: N."""
        return len(self.tables)

    @property
    def n_ngrams(self) -> int:
        """N-grams of all lengths."""
        return sum(len(table.ids) for table in self.tables)

    @cached_property
    def rows(self) -> KnownRows:
        """The rows that were made so far, for everyone who writes with this expert."""
        return KnownRows(self.tables, vocab_size=self.vocab_size)

    def beginning(self, n_streams: int) -> NDArray[np.int64]:
        """The contexts at the beginning of B texts."""
        before = np.zeros((n_streams, self.order), np.int64)
        return self.read(before, np.full((n_streams, self.order), _END_OF_TEXT))[:, -1]

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
        if len(hashes) <= _FEW:
            return np.array([self.rows.after(of_one) for of_one in hashes.tolist()])
        p = np.full((len(hashes), self.vocab_size), 1 / self.vocab_size, np.float32)
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

    def mix(self, logits: Array, rows: Array | Sequence[Array]) -> Array:
        """The logarithms of the mixed probabilities, (M, V), for logits (M, V) and M rows of probabilities."""
        if len(logits) == 1:
            return self._mix_one(logits[0], rows[0])[None]
        mixed: Array = np.exp(logits - logits.max(axis=1, keepdims=True))
        mixed *= (1 - self.weight) / mixed.sum(axis=1, keepdims=True)
        mixed += self.weight * np.asarray(rows)
        return np.log(mixed, out=mixed)

    def _mix_one(self, logits: Array, p: Array) -> Array:
        """The same for shape (V,), with what is fastest there."""
        mixed: Array = logits - logits[logits.argmax()]
        np.exp(mixed, out=mixed)
        mixed *= (1 - self.weight) / np.add.reduce(mixed)
        mixed += self.weight * p
        return np.log(mixed, out=mixed)
