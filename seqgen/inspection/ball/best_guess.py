"""The best guess that anyone could make: of a million other balls, those that were seen in the same cells.

Who knows all about boxes and balls, and of this ball only the cells, knows no more than where those others went next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

from seqgen.inspection.ball.motion import Box

N_BALLS = 1 << 20
"""Sixteen steps of a box of 12 x 8 cells leave some dozens of so many."""


@final
class BestGuess:
    """Where a ball goes next, by what other balls did.

    The two directions do not depend on each other, so each has its own million balls.

    >>> box = Box(width=4, height=3)
    >>> guess = BestGuess(box, n_steps=2, n_balls=1000, random=np.random.default_rng(0))
    >>> columns, rows = box.throw(5, np.random.default_rng(1)).seen(2)
    >>> guess.after(columns, rows, [1, 2]).shape  # from one cell and from two, for 5 balls and 12 cells
    (2, 5, 12)
    """

    def __init__(self, box: Box, *, n_steps: int, random: np.random.Generator, n_balls: int = N_BALLS) -> None:
        columns, rows = box.throw(n_balls, random).seen(n_steps + 1)
        self._columns = _Others(columns, box.width)
        self._rows = _Others(rows, box.height)

    def after(self, columns: NDArray[np.int8], rows: NDArray[np.int8], contexts: Sequence[int]) -> NDArray[np.float64]:
        """How likely each cell is to be the next, after so many of the last cells of each ball: (contexts, N, V).

        The columns and rows of the balls are (n_steps, N).
        """
        across = np.stack([self._columns.after(seen, contexts) for seen in columns.T], axis=1)  # (contexts, N, width)
        up = np.stack([self._rows.after(seen, contexts) for seen in rows.T], axis=1)
        cells = up[..., :, None] * across[..., None, :]  # (contexts, N, height, width)
        return cells.reshape(*cells.shape[:2], -1)


@final
class _Others:
    """Other balls in one direction, by where they were last."""

    def __init__(self, cells: NDArray[np.int8], size: int) -> None:
        self._cells = cells  # (T + 1, n_balls)
        self._size = size
        self._last = [np.flatnonzero(cells[-2] == cell) for cell in range(size)]

    def after(self, seen: NDArray[np.int8], contexts: Sequence[int]) -> NDArray[np.float64]:
        """How likely each cell is after the last k that were seen, for each k: (contexts, size).

        The guess from one cell fewer counts as one ball more, so that nothing is impossible where few balls are left.
        """
        likely = np.full(self._size, 1 / self._size)
        guesses = {}
        others = self._last[seen[-1]]
        for n_seen in range(1, max(contexts) + 1):
            if n_seen > 1:
                others = others[self._cells[-1 - n_seen, others] == seen[-n_seen]]
            counts = np.bincount(self._cells[-1, others], minlength=self._size)
            likely = (counts + likely) / (len(others) + 1)
            guesses[n_seen] = likely
        return np.stack([guesses[n_seen] for n_seen in contexts])
