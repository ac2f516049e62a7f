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

_SCORED_WINDOW = 256
_MOST_SCORED_ROWS = 64
_MOST_LOGITS = 1 << 24
"""The most logits that a batch of pairs to score may have. They decide how much memory it takes."""
_MOST_SOURCE_IDS = 1 << 17
"""Ids of sources, padding included, that are read at once in scoring."""

Numbers = NDArray[np.int64]


@final
class PairBatches:
    """N pairs in groups of up to `n_streams`, sorted by length, whose targets are read `window` ids at a time.

    Each pair is a row. A group with long targets takes several batches, and only the first of them has the sources.
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

    def __init__(self, encoded: EncodedPairs, *, n_streams: int, window: int, joined: int | None = None) -> None:
        self.encoded = encoded
        self.n_streams = n_streams
        self._window = window
        self._joined = joined
        self._is_filled = False
        """Whether rows that do not count fill every group up to `n_streams`."""
        lengths = encoded.source_lengths + encoded.target_lengths
        order = np.argsort(lengths, kind="stable")
        self._order = order[encoded.target_lengths[order] > 0]
        """The numbers of all pairs that have a target, from the shortest to the longest."""
        self._arrange([self._order[start : start + n_streams] for start in range(0, len(self._order), n_streams)])

    @classmethod
    def to_score(cls, encoded: EncodedPairs, *, vocab_size: int, is_joined: bool) -> PairBatches:
        """All pairs in batches that a model scores fast; `vocab_size` is that of the targets."""
        longest = min(int(encoded.target_lengths.max()), _SCORED_WINDOW)
        if is_joined:
            longest += int(encoded.source_lengths.max())
        most_sources = _MOST_SOURCE_IDS // int(encoded.source_lengths.max())
        n_streams = max(1, min(_MOST_SCORED_ROWS, _MOST_LOGITS // (longest * vocab_size), most_sources))
        return cls(encoded, n_streams=n_streams, window=_SCORED_WINDOW, joined=vocab_size if is_joined else None)

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
        n_empty = self.n_streams - len(rows) if self._is_filled else 0
        numbers = np.concatenate((rows, np.repeat(rows[:1], n_empty)))  # a row that does not count repeats the first
        inputs, targets, mask = self._window_of(numbers, start, end=end)
        mask[len(rows) :] = False
        has_sources = start == 0 and self._joined is None
        return Batch(
            inputs=inputs,
            targets=targets,
            mask=mask,
            starts_anew=start == 0,
            sources=self._sources_of(numbers) if has_sources else None,
        )

    def shuffled(self, random: np.random.Generator, *, unknown_share: float) -> PairBatches:
        """The same pairs in another order, in groups of `n_streams` rows and nearly as many pairs.

        The pairs of 64 groups at a time are sorted by length. Of the ids of sources, a share chosen at random becomes
        the unknown id.
        """
        order = random.permutation(self._order)
        n_groups = -(-len(order) // self.n_streams)
        ends = np.arange(n_groups + 1) * len(order) // n_groups  # groups of equal size, but for one pair
        lengths = self.encoded.source_lengths + self.encoded.target_lengths
        groups: list[Numbers] = []
        for first in range(0, n_groups, _POOL):
            places = ends[first : first + _POOL + 1]
            pool = order[places[0] : places[-1]]
            pool = pool[np.argsort(lengths[pool], kind="stable")]
            groups += [pool[start - places[0] : end - places[0]] for start, end in pairwise(places)]
        again = copy.copy(self)
        again.encoded = _with_unknowns(self.encoded, random, share=unknown_share)
        again._is_filled = True
        again._arrange([groups[number] for number in random.permutation(n_groups)])
        return again

    def _arrange(self, groups: Sequence[Numbers]) -> None:
        self._groups = groups
        self._windows = [
            (number, start, end) for number, group in enumerate(groups) for start, end in self._cuts_of(group)
        ]
        """Of each batch: its group, and which columns of it."""

    def _cuts_of(self, group: Numbers) -> Iterator[tuple[int, int]]:
        """Where the columns of a group are cut. No cut is within a source."""
        before = self._lengths_before(group)
        length = int((before + self.encoded.target_lengths[group]).max())
        cuts = [0, *range(int(before.max()) + self._window, length, self._window), length]
        return pairwise(cuts)

    def _lengths_before(self, rows: Numbers) -> Numbers:
        """How many ids of its source the decoder reads in each row before the target. (B,)"""
        return np.zeros(len(rows), np.int64) if self._joined is None else self.encoded.source_lengths[rows]

    def _window_of(
        self, rows: Numbers, start: int, *, end: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Inputs, targets and mask of some columns of some rows. (B, T)"""
        columns = np.arange(start, end)
        pairs = self.encoded
        places = columns - self._lengths_before(rows)[:, None]  # in the target; below 0 in the source
        is_target = (places >= 0) & (places < pairs.target_lengths[rows, None])
        targets = _gather(pairs.targets, pairs.target_starts[rows, None] + places, is_target)
        inputs = _gather(pairs.targets, pairs.target_starts[rows, None] + places - 1, is_target & (places > 0))
        inputs[places == 0] = END_OF_TEXT
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


@final
class PairEpochs:
    """The epochs over some pairs: `epochs[n]` holds the batches of epoch n. The same seed makes the same epochs.

    Every epoch has its own order. Every batch has `n_streams` rows, the last of which may not count.

    >>> from seqgen.config import CharConfig
    >>> from seqgen.corpus.encoded_pairs import encode_pairs
    >>> from seqgen.corpus.pair_batches import PairBatches, PairEpochs
    >>> from seqgen.corpus.pairs import Pair
    >>> from seqgen.tokenizers import train_tokenizer
    >>> letters = train_tokenizer(CharConfig(), ["abc"], n_bytes=3)
    >>> pairs = encode_pairs([Pair("ab", "cc"), Pair("a", ""), Pair("b", "c")], letters, letters)
    >>> epochs = PairEpochs(PairBatches(pairs, n_streams=2, window=8), seed=0, unknown_share=0.0)
    >>> epochs.targets_per_epoch, [batch.n_targets for batch in (epochs[0][0], epochs[0][1])]
    (6, [...])
    """

    def __init__(self, batches: PairBatches, *, seed: int, unknown_share: float) -> None:
        if not len(batches):
            raise ValueError("no pair has a target")
        self._batches = batches
        self._seed = seed
        self._unknown_share = unknown_share

    @property
    def targets_per_epoch(self) -> int:
        """Number of targets in the batches of one epoch."""
        return self._batches.n_targets

    def __getitem__(self, epoch: int) -> PairBatches:
        random = np.random.default_rng([self._seed, epoch])
        return self._batches.shuffled(random, unknown_share=self._unknown_share)
