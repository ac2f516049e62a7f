"""Ids as B contiguous streams read side by side, window by window: what truncated BPTT walks along."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqgen.tokenizers import END_OF_TEXT

Window = tuple[NDArray[np.int64], NDArray[np.int64]]


@final
class Streams:
    """N ids, preceded by the end-of-text token, cut into `n_streams` runs of equal length N // B.

    Every id is a target once, its input the id before it; the N mod B that are left over are `rest()`. The
    first stream begins at the id number `start`, and the ids before that one follow the last of all.
    """

    def __init__(self, ids: NDArray[Any], *, n_streams: int, window: int, start: int = 0) -> None:
        if not 1 <= n_streams <= len(ids):
            raise ValueError(f"{n_streams} streams over {len(ids)} ids")
        self._length = len(ids) // n_streams
        self._ids = ids
        self._n_streams = n_streams
        self._start = start
        self._ends: Sequence[int] = [*range(window, self._length, window), self._length]

    def __len__(self) -> int:
        """Windows in one pass; the last may be shorter than the others."""
        return len(self._ends)

    @property
    def n_tokens(self) -> int:
        """Ids in all, those of `rest()` included."""
        return len(self._ids)

    def __getitem__(self, number: int) -> Window:
        """Inputs and targets of one window, (B, T) each."""
        if not 0 <= number < len(self):
            raise IndexError(number)
        times = np.arange(self._ends[number - 1] if number else 0, self._ends[number])  # (T,)
        places = self._start + np.arange(self._n_streams)[:, None] * self._length + times  # (B, T)
        return self._window(places % len(self._ids))

    def rest(self) -> Window | None:
        """Inputs and targets, (1, N mod B), of the ids that follow the last stream; None if there are none."""
        n_read = self._length * self._n_streams
        if n_read == len(self._ids):
            return None
        return self._window((self._start + np.arange(n_read, len(self._ids))[None]) % len(self._ids))

    def with_varied_windows(self, window: int, random: np.random.Generator) -> Streams:
        """The same streams in windows of random length, as Merity, Keskar & Socher (2017) draw them.

        About `window` (standard deviation 5), or, one time in twenty, about half of it. The learning rate does not
        follow the length, as theirs does: Muon and AdamW take no notice of the size of a gradient.
        """
        varied = Streams(self._ids, n_streams=self._n_streams, window=self._length, start=self._start)
        count = 2 + 2 * self._length // window
        centres = np.where(random.random(count) < 0.95, window, window / 2)
        lengths = np.maximum(np.minimum(5, window), np.rint(random.normal(centres, 5)))
        varied._ends = [*(int(end) for end in accumulate(lengths) if end < self._length), self._length]
        return varied

    def _window(self, places: NDArray[Any]) -> Window:
        inputs = self._ids[np.maximum(places - 1, 0)].astype(np.int64)
        inputs[places == 0] = END_OF_TEXT
        return inputs, self._ids[places].astype(np.int64)


@final
class Epochs:
    """The passes over one text, each in streams of its own; the same seed makes the same passes.

    With `shift` every pass but the first begins at another place of the text, so that streams and windows end
    elsewhere; with `vary` the windows are of random length.
    """

    def __init__(
        self, ids: NDArray[Any], *, n_streams: int, window: int, shift: bool = False, vary: bool = False, seed: int = 0
    ) -> None:
        self._ids = ids
        self._n_streams = n_streams
        self._window = window
        self._shift = shift
        self._vary = vary
        self._seed = seed

    @property
    def n_tokens(self) -> int:
        """Targets of one pass."""
        return len(self._ids) // self._n_streams * self._n_streams

    def __getitem__(self, epoch: int) -> Streams:
        random = np.random.default_rng([self._seed, epoch])
        start = int(random.integers(len(self._ids))) if self._shift and epoch else 0
        streams = Streams(self._ids, n_streams=self._n_streams, window=self._window, start=start)
        return streams.with_varied_windows(self._window, random) if self._vary else streams
