"""Ids as B contiguous streams read side by side, window by window: what truncated BPTT walks along."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqgen.tokenizers import BOUNDARY

Window = tuple[NDArray[np.int64], NDArray[np.int64]]


@final
class Streams:
    """N ids, preceded by the boundary, cut into `n_streams` runs of equal length N // B.

    Every id is a target once, its input the id before it; the N mod B that are left over are `rest()`.
    """

    def __init__(self, ids: NDArray[Any], *, n_streams: int, window: int) -> None:
        if not 1 <= n_streams <= len(ids):
            raise ValueError(f"{n_streams} streams over {len(ids)} ids")
        self._length = len(ids) // n_streams
        self._ids = ids
        self._n_streams = n_streams
        self._window = min(window, self._length)

    def __len__(self) -> int:
        """Windows in one pass; the last may be shorter than the others."""
        return -(-self._length // self._window)

    @property
    def n_tokens(self) -> int:
        """Ids in all, those of `rest()` included."""
        return len(self._ids)

    def __getitem__(self, number: int) -> Window:
        """Inputs and targets of one window, (B, T) each."""
        if not 0 <= number < len(self):
            raise IndexError(number)
        start = number * self._window
        end = min(start + self._window, self._length)
        rows = np.arange(self._n_streams)[:, None] * self._length + np.arange(start - 1, end)  # (B, T+1)
        ids = self._ids[np.maximum(rows, 0)].astype(np.int64)
        if start == 0:
            ids[0, 0] = BOUNDARY
        return ids[:, :-1], ids[:, 1:]

    def rest(self) -> Window | None:
        """Inputs and targets, (1, N mod B), of the ids that follow the last stream; None if there are none."""
        start = self._length * self._n_streams
        if start == len(self._ids):
            return None
        ids = self._ids[start - 1 :].astype(np.int64)[None]
        return ids[:, :-1], ids[:, 1:]
