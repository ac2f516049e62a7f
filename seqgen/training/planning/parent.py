"""How much a model knows of a text or of pairs before it learns from them, which decides how a run continues it."""

from __future__ import annotations

import math

import numpy as np
import torch

from seqgen.corpus import Streams, as_read
from seqgen.models import Decoder, build_model, load_weights
from seqgen.run import SavedModel
from seqgen.scoring import sum_nats
from seqgen.training.data import PreparedCorpus
from seqgen.training.pairs import PreparedPairs
from seqgen.waiting import waiting

_N_SCORED = 8192
"""Tokens that are scored, from the beginning of the training part."""
_N_STREAMS, _WINDOW = 8, 128
_MIN_STREAM_LENGTH = 512
_N_SCORED_PAIRS = 1024
"""Pairs that are scored, in the order in which they were shuffled."""
_LEAST_NATS = 1e-9
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
    model = _restored(parent)
    n_streams = max(1, min(_N_STREAMS, len(read) // _MIN_STREAM_LENGTH))
    with waiting(f"trying {parent.name} on the text"):
        ids = as_read(read, backward=corpus.record.backward)
        nats = sum_nats(model, Streams(ids, n_streams=n_streams, window=_WINDOW))
    return (nats + unknown_nats) / max(unigram_nats, _LEAST_NATS)


def measure_parent_of_pairs(parent: SavedModel, pairs: PreparedPairs) -> float:
    """The nats of the targets under a model of pairs, as a multiple of those under a unigram model of all targets.

    Validation pairs are scored if there are any. A model that goes on with the pairs that it has learned from may know
    the training part by heart.

    >>> from pathlib import Path
    >>> from seqgen.config import Budget, CorpusConfig
    >>> from seqgen.run import open_model
    >>> from seqgen.training import Session, TrainingRequest
    >>> _ = Path("pairs.tsv").write_text("".join(f"{n}\\t{n * n}\\n" for n in range(50)))
    >>> corpus = CorpusConfig(paths=("pairs.tsv",), pairs=True)
    >>> run = Session.start(TrainingRequest(corpus=corpus, settings={"d_model": 8}, budget=Budget(steps=1)))
    >>> measure_parent_of_pairs(run.snapshot(), run.corpus) > 1  # it has learned nothing
    True
    >>> run.close()
    """
    train, valid = pairs.parts["train"], pairs.parts.get("valid")
    part = train if valid is None or not len(valid.targets) else valid
    scored = part.first(min(part.n_pairs, _N_SCORED_PAIRS))
    targets = np.concatenate([train.targets, scored.targets])
    counts = np.bincount(targets, minlength=pairs.tokenizer.vocab_size)
    unigram_nats = float(-np.log(counts[scored.targets] / len(targets)).sum())
    with waiting(f"trying {parent.name} on the pairs"):
        nats = sum_nats(_restored(parent), pairs.batches_to_score(scored))
    return nats / max(unigram_nats, _LEAST_NATS)


def _restored(parent: SavedModel) -> Decoder:
    """The parent as a torch module, without its expert, which does not learn."""
    with torch.random.fork_rng(devices=[]):  # fresh weights are drawn, and then replaced
        model = build_model(parent.record.model, parent.record.encoder)
    load_weights(model, parent.weights)
    return model
