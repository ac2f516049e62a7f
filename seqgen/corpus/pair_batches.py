"""Pairs of similar lengths side by side, in batches that a model reads at once: what `Streams` is for a text."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus.batches import Batch, Sources
from seqgen.corpus.encoded_pairs import EncodedPairs
from seqgen.tokenizers import END_OF_TEXT

_POOL = 64
"""Batches whose pairs are sorted by length together. More would make batches of each epoch more alike."""

_MOST_TRAINED_IDS = 1 << 16
"""Ids of sources and targets, padding included, in a batch to train on. A batch may also have twice as many as batches
have on average."""
_MOST_SCORED_IDS = 1 << 17
"""The same of a batch to score."""
_SCORED_WINDOW = 256
_SCORED_SOURCE = 1024
"""Ids of a source that a decoder without an encoder reads at once in scoring."""
_MOST_SCORED_ROWS = 64
_MOST_LOGITS = 1 << 24
"""The most logits that a batch of pairs to score may have. They decide how much memory it takes."""

Numbers = NDArray[np.int64]


@final
class PairBatches:
    """N pairs in groups of up to `n_streams`, sorted by length, whose targets are read `window` ids at a time.

    A group with long pairs has fewer of them, so that one long source does not make all others as long in memory. Each
    pair is a row. A group with long targets takes several batches, and only the first of them has the sources.
    With `joined`, there is no encoder, and the decoder itself reads each source before its target: `joined` is the size
    of the target vocabulary, and is added to the ids of sources. Labels that are out of the vocabulary have no target,
    and their pairs are left out.

    >>> from seqgen.config import CharConfig
    >>> from seqgen.corpus.encoded_pairs import encode_pairs
    >>> from seqgen.corpus.pair_batches import PairBatches
    >>> from seqgen.corpus.pairs import Pair
    >>> from seqgen.tokenizers import train_tokenizer
    >>> letters = train_tokenizer(CharConfig(), ["abc"], n_bytes=3)
    >>> pairs = encode_pairs([Pair("ab", "cc"), Pair("a", "")], letters, letters)
    >>> batches = PairBatches(pairs, n_streams=2, window=8)
    >>> batches.rows(0).tolist(), batches[0].sources.ids.tolist()
    ([1, 0], [[1, 0, 0], [1, 2, 0]])
    >>> batches[0].inputs.tolist(), batches[0].targets.tolist()
    ([[0, 0, 0], [0, 3, 3]], [[0, 0, 0], [3, 3, 0]])
    >>> PairBatches(pairs, n_streams=2, window=8, joined=4)[0].inputs.tolist()
    [[5, 4, 0, 0, 0, 0], [5, 6, 4, 0, 3, 3]]
    """

    def __init__(
        self,
        encoded: EncodedPairs,
        *,
        n_streams: int,
        window: int,
        joined: int | None = None,
        is_scored: bool = False,
    ) -> None:
        self.encoded = encoded
        self.n_streams = n_streams
        self._window = window
        self._joined = joined
        self._is_scored = is_scored
        """Whether no gradient flows, so that batches may be larger and sources may be cut."""
        self._n_filled: int | None = None
        """Rows that do not count fill every group up to a multiple of this, and up to `n_streams` if it is not too
        long. None if there are no such rows."""
        self._source_lengths, self._target_lengths = encoded.source_lengths, encoded.target_lengths
        self._lengths = self._source_lengths + self._target_lengths
        order = np.argsort(self._lengths, kind="stable")
        self._order = order[self._target_lengths[order] > 0]
        """The numbers of all pairs that have a target, from the shortest to the longest."""
        average = n_streams * int(self._lengths.sum()) // max(1, encoded.n_pairs)
        self._most_ids = _MOST_SCORED_IDS if is_scored else max(_MOST_TRAINED_IDS, 2 * average)
        """Ids, padding included, that the sources and the first window of a group may have together."""
        groups = (self._order[start : start + n_streams] for start in range(0, len(self._order), n_streams))
        self._arrange([part for group in groups for part in self._parts_of(group)])

    @classmethod
    def to_score(cls, encoded: EncodedPairs, *, vocab_size: int, is_joined: bool) -> PairBatches:
        """All pairs in batches that a model scores fast; `vocab_size` is that of the targets."""
        longest = min(int(encoded.target_lengths.max()), _SCORED_WINDOW)
        if is_joined:
            longest += min(int(encoded.source_lengths.max()), _SCORED_SOURCE)
        n_streams = max(1, min(_MOST_SCORED_ROWS, _MOST_LOGITS // (longest * vocab_size)))
        joined = vocab_size if is_joined else None
        return cls(encoded, n_streams=n_streams, window=_SCORED_WINDOW, joined=joined, is_scored=True)

    def __len__(self) -> int:
        """Number of batches in one epoch."""
        return len(self._windows)

    @property
    def n_targets(self) -> int:
        """Number of targets in all batches."""
        return len(self.encoded.targets)

    def rest(self) -> Batch | None:
        """Nothing, because all targets are in the batches."""
        return None

    def rows(self, number: int) -> Numbers:
        """The numbers of the pairs in the rows of a batch. Rows after these do not count."""
        return self._groups[self._windows[number][0]]

    def __getitem__(self, number: int) -> Batch:
        """The batch with this number, counted from 0."""
        if not 0 <= number < len(self):
            raise IndexError(number)
        group, start, end = self._windows[number]
        rows = self._groups[group]
        n_empty = self._n_rows(rows) - len(rows)
        numbers = np.concatenate((rows, np.repeat(rows[:1], n_empty)))  # a row that does not count repeats the first
        inputs, targets, mask = self._window_of(numbers, start, end=end)
        mask[len(rows) :] = False
        return Batch(
            inputs=inputs,
            targets=targets,
            mask=mask,
            starts_anew=start == 0,
            sources=self._sources_of(numbers) if start == 0 and self._joined is None else None,
        )

    def shuffled(self, random: np.random.Generator, *, unknown_share: float, n_processes: int = 1) -> PairBatches:
        """The same pairs in another order, in groups of `n_streams` rows and nearly as many pairs.

        The pairs of 64 groups at a time are sorted by length. A group with long pairs has fewer rows, which the
        processes can still divide evenly. Of the ids of sources, a share chosen at random becomes the unknown id.
        """
        order = random.permutation(self._order)
        n_groups = -(-len(order) // self.n_streams)
        ends = np.arange(n_groups + 1) * len(order) // n_groups  # groups of equal size, but for one pair
        groups: list[Numbers] = []
        for first in range(0, n_groups, _POOL):
            places = ends[first : first + _POOL + 1]
            pool = order[places[0] : places[-1]]
            pool = pool[np.argsort(self._lengths[pool], kind="stable")]
            groups += [pool[start - places[0] : end - places[0]] for start, end in pairwise(places)]
        again = copy.copy(self)
        again.encoded = _with_unknowns(self.encoded, random, share=unknown_share)
        again._n_filled = n_processes
        groups = [part for group in groups for part in self._parts_of(group)]
        again._arrange([groups[number] for number in random.permutation(len(groups))])
        return again

    def _fits(self, rows: Numbers, n_rows: int) -> bool:
        """Whether so many rows, padded to the longest of these pairs, have few enough ids."""
        longest = self._source_lengths[rows].max() + min(self._target_lengths[rows].max(), self._window)
        return bool(n_rows * longest <= self._most_ids)

    def _parts_of(self, group: Numbers) -> Iterator[Numbers]:
        """A group, sorted by length, in parts that have few enough ids: mostly as it is."""
        start = 0
        while not self._fits(group[start:], len(group) - start):
            end = start + 1
            while self._fits(group[start : end + 1], end + 1 - start):
                end += 1
            yield group[start:end]
            if end == len(group):
                return
            start = end
        yield group[start:]

    def _n_rows(self, rows: Numbers) -> int:
        """How many rows the batches of a group have, with those that do not count."""
        if self._n_filled is None:
            return len(rows)
        if self._fits(rows, self.n_streams):
            return self.n_streams
        return -(-len(rows) // self._n_filled) * self._n_filled

    def _arrange(self, groups: Sequence[Numbers]) -> None:
        self._groups = groups
        self._windows = [
            (number, start, end) for number, group in enumerate(groups) for start, end in self._cuts_of(group)
        ]
        """Of each batch: its group, and which columns of it."""

    def _cuts_of(self, group: Numbers) -> Iterator[tuple[int, int]]:
        """Where the columns of a group are cut. A cut within a source would stop the gradient."""
        before = self._lengths_before(group)
        length = int((before + self._target_lengths[group]).max())
        longest = int(before.max())
        in_sources = range(_SCORED_SOURCE, longest, _SCORED_SOURCE) if self._is_scored else ()
        cuts = [0, *in_sources, *range(longest + self._window, length, self._window), length]
        return pairwise(cuts)

    def _lengths_before(self, rows: Numbers) -> Numbers:
        """How many ids of its source the decoder reads in each row before the target. (B,)"""
        return np.zeros(len(rows), np.int64) if self._joined is None else self._source_lengths[rows]

    def _window_of(
        self, rows: Numbers, start: int, *, end: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Inputs, targets and mask of some columns of some rows. (B, T)"""
        columns = np.arange(start, end)
        pairs = self.encoded
        places = columns - self._lengths_before(rows)[:, None]  # in the target; below 0 in the source
        is_target = (places >= 0) & (places < self._target_lengths[rows, None])
        targets = _gather(pairs.targets, pairs.target_starts[rows, None] + places, is_target)
        # Before a target comes the end-of-text token, whose id is that of padding, too.
        inputs = _gather(pairs.targets, pairs.target_starts[rows, None] + places - 1, is_target & (places > 0))
        if self._joined is not None:
            is_source = places < 0
            inputs += _gather(pairs.sources, pairs.source_starts[rows, None] + columns, is_source)
            inputs += self._joined * is_source
        return inputs, targets, is_target

    def _sources_of(self, rows: Numbers) -> Sources:
        return pad_sources([self.encoded.source(row) for row in rows.tolist()])


def pad_sources(sources: Sequence[NDArray[Any]]) -> Sources:
    """Some sources side by side, as an encoder reads them.

    >>> import numpy as np
    >>> from seqgen.corpus.pair_batches import pad_sources
    >>> pad_sources([np.array([5, 0]), np.array([0])]).ids.tolist()
    [[5, 0], [0, 0]]
    """
    lengths = np.array([len(source) for source in sources], dtype=np.int64)
    ids = np.zeros((len(sources), int(lengths.max())), dtype=np.int64)  # (B, S)
    ids[np.arange(ids.shape[1]) < lengths[:, None]] = np.concatenate(sources)
    return Sources(ids=ids, lengths=lengths)


def _gather(ids: NDArray[Any], places: NDArray[np.int64], is_there: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The ids at some places, and 0 elsewhere."""
    found: NDArray[np.int64] = np.where(is_there, ids[np.where(is_there, places, 0)], 0).astype(np.int64)
    return found


def _with_unknowns(encoded: EncodedPairs, random: np.random.Generator, *, share: float) -> EncodedPairs:
    """The same pairs with the unknown id in place of some ids of sources, so that a model learns to read it."""
    if not share:
        return encoded
    is_unknown = (random.random(len(encoded.sources)) < share) & (encoded.sources != END_OF_TEXT)
    return replace(encoded, sources=np.where(is_unknown, np.int32(encoded.unknown_id), encoded.sources))
