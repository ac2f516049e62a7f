"""What streams attend to: keys and values of their sources, and how long these are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import final

import numpy as np

from seqgen.inference.base import Array, State

_MOST_SCORES = 1 << 22
"""Scores that are computed at once. So the scores of a long source do not fill the memory."""


@final
class SourceMemory:
    """Keys and values of the sources of B streams, padded to the same length S.

    >>> memory = SourceMemory([np.ones((2, 3, 4)), np.ones((2, 3, 4))], np.array([3, 1]))
    >>> memory.penalty.tolist()
    [[0.0, 0.0, 0.0], [0.0, -inf, -inf]]
    >>> memory.select(np.array([1, 1, 0])).lengths.tolist()
    [1, 1, 3]
    """

    def __init__(self, arrays: Sequence[Array], lengths: Array, numbers: Array | None = None) -> None:
        self.arrays = tuple(arrays)
        """Keys and values by turns, (B, ..., S, K) each."""
        self.lengths = lengths
        n_time = arrays[0].shape[-2]
        self.penalty = np.where(np.arange(n_time) < lengths[:, None], 0, -np.inf).astype(arrays[0].dtype)
        """What is added to scores, (B, S): padding gets no weight."""
        self._numbers = np.arange(len(lengths)) if numbers is None else numbers
        """Streams with the same number have the same source."""

    @classmethod
    def of(cls, state: State) -> SourceMemory | None:
        """What `state` returned, as a memory; None if it is empty."""
        return cls(state[:-1], state[-1]) if state else None

    def select(self, rows: Array) -> SourceMemory:
        """What these streams attend to. Nothing is copied if their sources stand in this order already, or if they all
        have the same source."""
        numbers = self._numbers[rows]
        if np.array_equal(numbers, self._numbers):
            return self
        if (numbers == numbers[:1]).all():
            first = int(rows[0])
            only = (array[first : first + 1] for array in self.arrays)
            shared = [np.broadcast_to(array, (len(rows), *array.shape[1:])) for array in only]
            return SourceMemory(shared, self.lengths[rows], numbers)
        return SourceMemory([array[rows] for array in self.arrays], self.lengths[rows], numbers)

    def state(self) -> State:
        """The part of a stepper's state that belongs to the sources."""
        return (*(array.copy() for array in self.arrays), self.lengths.copy())


def in_parts(n_queries: int, *, n_scores: int) -> Iterator[slice]:
    """Some queries at a time, each of which has `n_scores` scores.

    >>> [(part.start, part.stop) for part in in_parts(3, n_scores=1 << 21)]
    [(0, 2), (2, 4)]
    """
    n_at_once = max(1, _MOST_SCORES // n_scores)
    for first in range(0, n_queries, n_at_once):
        yield slice(first, first + n_at_once)


def softmax(scores: Array) -> Array:
    """Weights over the last axis that sum to 1. It overwrites the scores.

    >>> softmax(np.array([0.0, 0.0, -np.inf])).tolist()
    [0.5, 0.5, 0.0]
    """
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    return scores
