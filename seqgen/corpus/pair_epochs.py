"""Pairs in another order in every epoch: what `Epochs` is for a text."""

from __future__ import annotations

from typing import final

import numpy as np

from seqgen.corpus.pair_batches import PairBatches


@final
class PairEpochs:
    """The epochs over some pairs: `epochs[n]` holds the batches of epoch n. The same seed makes the same epochs.

    Every epoch has its own order. A batch has `n_streams` rows, the last of which may not count. If its pairs are long,
    it has fewer, which `n_processes` can still divide evenly.

    >>> from seqgen.config import CharConfig
    >>> from seqgen.corpus.encoded_pairs import encode_pairs
    >>> from seqgen.corpus.pair_batches import PairBatches
    >>> from seqgen.corpus.pair_epochs import PairEpochs
    >>> from seqgen.corpus.pairs import Pair
    >>> from seqgen.tokenizers import train_tokenizer
    >>> letters = train_tokenizer(CharConfig(), ["abc"], n_bytes=3)
    >>> pairs = encode_pairs([Pair("ab", "cc"), Pair("a", ""), Pair("b", "c")], letters, letters)
    >>> epochs = PairEpochs(PairBatches(pairs, n_streams=2, window=8), seed=0, unknown_share=0.0)
    >>> epochs.targets_per_epoch, [batch.n_targets for batch in (epochs[0][0], epochs[0][1])]
    (6, [...])
    """

    def __init__(self, batches: PairBatches, *, seed: int, unknown_share: float, n_processes: int = 1) -> None:
        if not len(batches):
            raise ValueError("no pair has a target")
        self._batches = batches
        self._seed = seed
        self._unknown_share = unknown_share
        self._n_processes = n_processes

    @property
    def targets_per_epoch(self) -> int:
        """Number of targets in the batches of one epoch."""
        return self._batches.n_targets

    def __getitem__(self, epoch: int) -> PairBatches:
        random = np.random.default_rng([self._seed, epoch])
        return self._batches.shuffled(random, unknown_share=self._unknown_share, n_processes=self._n_processes)
