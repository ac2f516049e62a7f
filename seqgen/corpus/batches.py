"""Ids as B contiguous streams, read side by side in batches of T: what truncated backpropagation walks along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, final

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus.mapped_ids import require_whole
from seqgen.tokenizers import END_OF_TEXT


@dataclass(frozen=True, kw_only=True, eq=False)
class Sources:
    """The sources of B pairs, padded to the longest of them with zeros.

    >>> import numpy as np
    >>> from seqgen.corpus import Sources
    >>> Sources(ids=np.array([[5, 6, 0], [7, 0, 0]]), lengths=np.array([3, 2])).is_padding.tolist()
    [[False, False, False], [False, False, True]]
    """

    ids: NDArray[np.int64]
    """What an encoder reads. Every source ends with the end-of-text token, so none is empty. (B, S)"""
    lengths: NDArray[np.int64]
    """How many ids each source has, its end-of-text token included. (B,)"""

    @property
    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Ids and lengths, as an encoder takes them."""
        return self.ids, self.lengths

    @property
    def is_padding(self) -> NDArray[np.bool_]:
        """Where no source is. (B, S)"""
        padding: NDArray[np.bool_] = np.arange(self.ids.shape[1]) >= self.lengths[:, None]
        return padding


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """What a model reads at once: B streams side by side, T tokens of each.

    >>> import numpy as np
    >>> from seqgen.corpus import Batch
    >>> ids, mask = np.array([[1, 2, 3]]), np.array([[True, True, False]])
    >>> batch = Batch(inputs=ids, targets=ids + 1, mask=mask, starts_anew=True)
    >>> batch.n_targets, batch.weights.tolist()
    (2, [[0.5, 0.5, 0.0]])
    """

    inputs: NDArray[np.int64]
    """The ids that the model reads. (B, T)"""
    targets: NDArray[np.int64]
    """The ids that it should predict: for each input, the id that comes next in its stream. (B, T)"""
    mask: NDArray[np.bool_] | None = None
    """Which targets count; None if all of them do. (B, T)"""
    starts_anew: bool
    """Whether streams begin here. Then the model reads the batch from an empty state; otherwise it continues from the
    state in which the previous batch has left it."""
    sources: Sources | None = None
    """What an encoder reads before the model reads this batch. Only where streams start anew, and only of pairs."""

    @property
    def n_targets(self) -> int:
        """Number of targets that count."""
        return self.targets.size if self.mask is None else int(np.count_nonzero(self.mask))

    @property
    def weights(self) -> NDArray[np.float32] | None:
        """What each target counts for in the mean over the batch; None if all count the same. (B, T)"""
        return None if self.mask is None else self.mask.astype(np.float32) / np.float32(max(1, self.n_targets))


class Batches(Protocol):
    """What is read batch by batch from the beginning to the end: a text in streams, or pairs."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int) -> Batch: ...

    @property
    def n_targets(self) -> int:
        """Number of targets that count in all batches and in `rest()`."""
        ...

    def rest(self) -> Batch | None:
        """What follows the last stream of the last batch; None if there is nothing."""


class BatchEpochs(Protocol):
    """What training reads: `epochs[n]` holds the batches of epoch n."""

    @property
    def targets_per_epoch(self) -> int:
        """Number of targets that count in the batches of one epoch."""
        ...

    def __getitem__(self, epoch: int) -> Batches: ...


@final
class Streams:
    """N ids, cut into B = `n_streams` contiguous streams of N // B ids each, which are read `window` ids at a time.

    Every id is a target once. Its input is the id before it, and for the first id of the text the end-of-text token.
    The N mod B ids that are left over are not in the batches but in `rest()`. With `start`, the text is rotated: the
    first stream begins at that id, and the ids before it follow the last id of the text.

    >>> import numpy as np
    >>> from seqgen.corpus import Streams
    >>> streams = Streams(np.array([11, 12, 13, 14, 15, 16, 17]), n_streams=2, window=2)
    >>> len(streams), streams.n_targets
    (2, 7)
    >>> streams[0].inputs.tolist(), streams[0].targets.tolist()
    ([[0, 11], [13, 14]], [[11, 12], [14, 15]])
    >>> streams[0].starts_anew, streams[1].starts_anew
    (True, False)
    >>> streams.rest().targets.tolist()
    [[17]]
    """

    def __init__(self, ids: NDArray[Any], *, n_streams: int, window: int, start: int = 0) -> None:
        if not 1 <= n_streams <= len(ids):
            raise ValueError(f"{n_streams} streams over {len(ids)} ids")
        self._ids = ids
        self._n_streams = n_streams
        self._window = window
        self._start = start
        self._length = len(ids) // n_streams
        self._ends: Sequence[int] | NDArray[np.int64] = range(window, self._length + window, window)
        """Where windows end. The last one ends with its stream, if that is before."""

    def __len__(self) -> int:
        """Number of batches in one epoch; the last may be shorter than the others."""
        return len(self._ends)

    @property
    def n_targets(self) -> int:
        """Number of targets in all batches and in `rest()`: all ids of the text."""
        return len(self._ids)

    @property
    def n_batched(self) -> int:
        """Number of targets in all batches, `rest()` left out."""
        return self._length * self._n_streams

    def __getitem__(self, number: int) -> Batch:
        """The batch with this number, counted from 0."""
        if not 0 <= number < len(self):
            raise IndexError(number)
        end = min(self._ends[number], self._length)
        times = np.arange(self._ends[number - 1] if number else 0, end)  # (T,)
        positions = np.arange(self._n_streams)[:, None] * self._length + times  # (B, T)
        return self._batch(positions, starts_anew=number == 0)

    def rest(self) -> Batch | None:
        """The N mod B ids that follow the last stream, as a batch of that stream alone; None if there are none."""
        if self.n_batched == self.n_targets:
            return None
        return self._batch(np.arange(self.n_batched, self.n_targets)[None], starts_anew=False)  # (1, N mod B)

    def starting_at(self, start: int) -> Streams:
        """The same text in the same number of streams, rotated to begin at id number `start`."""
        return Streams(self._ids, n_streams=self._n_streams, window=self._window, start=start)

    def with_varied_windows(self, random: np.random.Generator) -> Streams:
        """The same streams in batches of random length, as in Merity, Keskar & Socher (2017).

        A length is normally distributed around `window`, or in one case of twenty around half of it, with a standard
        deviation of 5. In the paper the learning rate is scaled by the length. Here it is not, because the step of
        Muon and AdamW does not depend on the size of the gradient.
        """
        varied = self.starting_at(self._start)
        count = 2 + 2 * self._length // self._window  # more than enough lengths to fill a stream
        centres = np.where(random.random(count) < 0.95, self._window, self._window / 2)
        lengths = np.maximum(np.minimum(5, self._window), np.rint(random.normal(centres, 5)))
        ends = np.cumsum(lengths).astype(np.int64)
        varied._ends = np.append(ends[ends < self._length], self._length)
        return varied

    def _batch(self, positions: NDArray[Any], *, starts_anew: bool) -> Batch:
        """The targets at these positions of the rotated text, each with the id before it as its input.

        Raises:
            CorpusError: the file that the ids are in was cut short.
        """
        require_whole(self._ids)
        places = (self._start + positions) % len(self._ids)
        inputs = self._ids[places - 1].astype(np.int64)
        inputs[places == 0] = END_OF_TEXT  # in a rotated text too, where the last id of the text comes before
        return Batch(inputs=inputs, targets=self._ids[places].astype(np.int64), starts_anew=starts_anew)


@final
class Epochs:
    """The epochs over one text: `epochs[n]` holds the streams of epoch n. The same seed makes the same epochs.

    With `shift`, every epoch but the first begins at a random id of the text, so that streams and batches are cut at
    other places. With `vary`, the batches are of random length.

    >>> import numpy as np
    >>> from seqgen.corpus import Epochs, Streams
    >>> epochs = Epochs(Streams(np.arange(1, 24), n_streams=4, window=2), shift=True)
    >>> epochs.targets_per_epoch
    20
    >>> epochs[0][0].targets.tolist()
    [[1, 2], [6, 7], [11, 12], [16, 17]]
    >>> epochs[1][0].targets.tolist() == epochs[0][0].targets.tolist()
    False
    """

    def __init__(self, streams: Streams, *, shift: bool = False, vary: bool = False, seed: int = 0) -> None:
        self._streams = streams
        self._shift = shift
        self._vary = vary
        self._seed = seed

    @property
    def targets_per_epoch(self) -> int:
        """Number of targets in the batches of one epoch."""
        return self._streams.n_batched

    def __getitem__(self, epoch: int) -> Streams:
        random = np.random.default_rng([self._seed, epoch])
        start = int(random.integers(self._streams.n_targets)) if self._shift and epoch else 0
        streams = self._streams.starting_at(start)
        return streams.with_varied_windows(random) if self._vary else streams
