"""How much a model knows of a text before it learns from it, which decides how a training run continues it."""

from __future__ import annotations

import math

import numpy as np
import torch

from seqgen.corpus import Streams
from seqgen.models import build_model, load_weights
from seqgen.run import SavedModel
from seqgen.scoring import sum_nats
from seqgen.training.data import PreparedCorpus
from seqgen.waiting import waiting

_N_SCORED = 8192
"""Tokens that are scored, from the beginning of the training part."""
_N_STREAMS, _WINDOW = 8, 128
_MIN_STREAM_LENGTH = 512
_UNKNOWN_NATS = math.log(0x110000)
"""What a character costs that the parent's vocabulary lacks: as much as choosing one of all characters of Unicode."""


def measure_parent(parent: SavedModel, corpus: PreparedCorpus, *, keeps_vocabulary: bool = True) -> float:
    """The nats of the text under the parent, as a multiple of those under a unigram model of the training part.

    Below 1, the parent knows more of the text than how frequent each token is. Above 1, it would have to unlearn.
    A parent whose vocabulary is not kept reads the text in its own tokens.

    >>> from seqgen.config import CorpusConfig
    >>> from seqgen.run import open_model
    >>> from seqgen.training import TrainingRequest
    >>> from seqgen.training.data import prepare_corpus
    >>> parent = open_model("checkpoints/story")
    >>> corpus = prepare_corpus(TrainingRequest(corpus=CorpusConfig(paths=("story.txt",)), parent=parent))
    >>> measure_parent(parent, corpus) > 1  # it has learned for three steps only
    True
    """
    train = np.asarray(corpus.parts["train"].ids)
    scored = train[:_N_SCORED]
    counts = np.bincount(train, minlength=corpus.tokenizer.vocab_size)
    unigram_nats = float(-np.log(counts[scored] / len(train)).sum())
    read, unknown_nats = scored, 0.0
    if not keeps_vocabulary:
        encoding = parent.tokenizer.encode(corpus.tokenizer.decode(scored))
        read, unknown_nats = encoding.ids, len(encoding.oov) * _UNKNOWN_NATS
    if not len(read):
        return math.inf
    with torch.random.fork_rng(devices=[]):  # fresh weights are drawn, and then replaced
        model = build_model(parent.record.model)
    load_weights(model, parent.weights)
    n_streams = max(1, min(_N_STREAMS, len(read) // _MIN_STREAM_LENGTH))
    with waiting(f"trying {parent.name} on the text"):
        nats = sum_nats(model, Streams(read, n_streams=n_streams, window=_WINDOW))
    return (nats + unknown_nats) / max(unigram_nats, 1e-9)
