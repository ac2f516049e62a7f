"""Hashed n-gram embeddings in NumPy: a few rows of a table at every step."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import final

import numpy as np

from seqgen.config import HASH_FACTORS, HASH_PRIME, NO_ID, NgramConfig
from seqgen.inference.base import Array, Shapes, State


@final
class NgramSums:
    """The tables of `seqgen.models.ngrams` and the latest ids of B streams.

    The learned map and a matrix that follows it are multiplied once, beforehand.
    """

    def __init__(self, rows: Array, matrix: Array, *, order: int, n_streams: int) -> None:
        self._rows = rows
        self._matrix = matrix
        self._n_rows = len(rows) // (order - 1)
        self._factors = np.array(
            [[HASH_FACTORS[age] if age < length else 0 for length in range(2, order + 1)] for age in range(order)][::-1]
        )
        """From the latest N ids, the latest one last, to the sums of the hashes of the latest 2, 3, ... N: (N, N-1)."""
        self._tables = np.arange(order - 1) * self._n_rows
        self._older = list(zip(HASH_FACTORS[1:order], self._tables.tolist(), strict=True))
        """For the id before the latest one, the id before that, ...: its factor, and where its table begins."""
        self.past = np.full((n_streams, order - 1), NO_ID)
        """The latest N-1 ids of each stream, the latest one last."""
        self._is_past_known = False
        """Whether no n-gram begins before its stream any more."""

    @classmethod
    def of(
        cls, config: NgramConfig, weights: Mapping[str, Array], *, n_streams: int, after: Array | None = None
    ) -> NgramSums | None:
        """The tables of a model; None if it has none. `after` is the matrix that reads its embeddings, (E, X)."""
        if config.ngram_order is None:
            return None
        matrix = weights["ngrams.map.weight"].T  # (W, E)
        matrix = np.ascontiguousarray(matrix if after is None else matrix @ after)
        return cls(weights["ngrams.rows.weight"], matrix, order=config.ngram_order, n_streams=n_streams)

    def read(self, ids: Array) -> Array:
        """Read T ids of each stream, (B, T). Returns what they add to the embeddings times `after`, (B, T, X)."""
        known = np.concatenate((self.past, ids), axis=1)  # (B, N-1+T)
        n_time = ids.shape[1]
        if ids.size == 1 and self._is_past_known:
            self.past = known[:, 1:]
            return self._of_one(known[0].tolist())
        if n_time == 1:
            grams = known[:, None]  # (B, T, N)
        else:
            grams = np.lib.stride_tricks.sliding_window_view(known, known.shape[1] - n_time + 1, axis=1)
        self.past = known[:, n_time:]
        numbers = (grams + 1) @ self._factors
        numbers %= HASH_PRIME
        numbers %= self._n_rows
        numbers += self._tables
        rows = self._rows.take(numbers, axis=0)  # (B, T, N-1, W)
        if not self._is_past_known:
            rows *= (grams[..., -2::-1] != NO_ID)[..., None]
            self._is_past_known = NO_ID not in self.past
        total: Array = np.add.reduce(rows, axis=2) @ self._matrix
        return total

    def _of_one(self, gram: list[int]) -> Array:
        """What the latest N ids of a single stream add, (1, 1, X). Python adds so few numbers faster than NumPy."""
        *older, latest = gram
        total, numbers = (latest + 1) * HASH_FACTORS[0], []
        for (factor, table), token in zip(self._older, reversed(older), strict=True):
            total += (token + 1) * factor
            numbers.append(total % HASH_PRIME % self._n_rows + table)
        added: Array = np.add.reduce(self._rows.take(numbers, axis=0), axis=0) @ self._matrix
        return added[None, None]

    def fork(self, n_streams: int) -> NgramSums:
        """The same tables, with `n_streams` copies of the past of one stream."""
        return self.select(np.zeros(n_streams, np.int64))

    def select(self, rows: Array) -> NgramSums:
        """The same tables, with the past of these streams."""
        selected = copy.copy(self)
        selected.past = self.past[rows]
        return selected

    def anew(self, n_streams: int) -> NgramSums:
        """The same tables at the beginning of `n_streams` streams."""
        begun = copy.copy(self)
        begun.past = np.full((n_streams, self.past.shape[1]), NO_ID)
        begun._is_past_known = False
        return begun

    def replace(self, row: int, past: Array) -> None:
        """Let the stream with this number continue after these ids, (N-1,)."""
        self.past = self.past.copy()
        self.past[row] = past
        self._is_past_known = False

    def forget(self, rows: Array) -> None:
        """Let the streams with these numbers begin anew."""
        self.past = self.past.copy()
        self.past[rows] = NO_ID
        self._is_past_known = False

    def state(self) -> State:
        """What the n-grams add to the end of a stepper's state."""
        return (self.past.copy(),)

    def set_state(self, past: Array) -> None:
        """Continue after these ids, (B, N-1), or (1, N-1) for all streams."""
        self.past = np.broadcast_to(past, self.past.shape)
        self._is_past_known = False


def ngram_shapes(config: NgramConfig, d_input: int) -> Shapes:
    """The shapes of the weights of n-grams beside embeddings of width `d_input`; none if there are no n-grams.

    >>> from seqgen.config import NgramConfig
    >>> ngram_shapes(NgramConfig(ngram_order=3, ngram_rows=100, ngram_width=16), d_input=64)
    {'ngrams.rows.weight': (200, 16), 'ngrams.map.weight': (64, 16)}
    """
    if config.ngram_order is None:
        return {}
    return {
        "ngrams.rows.weight": ((config.ngram_order - 1) * config.ngram_rows, config.ngram_width),
        "ngrams.map.weight": (d_input, config.ngram_width),
    }
