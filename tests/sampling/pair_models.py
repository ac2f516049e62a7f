"""Small models of pairs, for the tests of what is predicted and sampled after a source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqgen.corpus.pair_batches import pad_sources
from seqgen.evaluation import restore_decoder
from seqgen.run import SavedModel, open_model
from seqgen.sampling.sources import source_reader
from seqgen.tokenizers import END_OF_TEXT
from tests import tiny_pairs

KINDS: dict[str, dict[str, Any]] = {
    "gru": {"cell": "gru"},
    "lstm-summary": {"cell": "lstm", "encoder": "forward", "attention": False},
    "transformer": {"cell": "transformer"},
    "none": {"cell": "gru", "encoder": "none"},
    "transformer-none": {"cell": "transformer", "encoder": "none"},
}
"""Every way to read a source: with attention, without it, with cross-attention, and without an encoder."""


def pair_model(folder: Path, kind: str, targets: str = "text") -> SavedModel:
    """A model of a kind that has hardly learned anything, whose weights are large enough to prefer some targets."""
    saved = open_model(tiny_pairs.trained(folder, text=tiny_pairs.KINDS[targets], **KINDS[kind]))
    random = np.random.default_rng(0)
    noise = {name: random.normal(size=array.shape, scale=0.3) for name, array in saved.weights.items()}
    weights = {name: (array + noise[name]).astype(np.float32) for name, array in saved.weights.items()}
    return replace(saved, weights=weights)


def with_longest_target(model: SavedModel, n_tokens: int | None) -> SavedModel:
    """The same model, as if the longest target of its training had so many tokens."""
    corpus = model.record.corpus
    parts = {**corpus.parts, "train": replace(corpus.parts["train"], longest_target=n_tokens)}
    return replace(model, record=replace(model.record, corpus=replace(corpus, parts=parts)))


@torch.no_grad()
def torch_log_probability(model: SavedModel, source: str, target: Sequence[int]) -> float:
    """What the torch module gives a target of these ids after a source."""
    decoder = restore_decoder(model)
    ids = source_reader(model).read([source])[0]
    inputs, n_before = [END_OF_TEXT, *target[:-1]], 0
    state = None
    if model.record.encoder is not None:
        state = decoder.start(*map(torch.from_numpy, pad_sources([ids]).arrays))
    else:
        inputs, n_before = [*(model.tokenizer.vocab_size + ids).tolist(), *inputs], len(ids)
    logits, _ = decoder(torch.tensor([inputs]), state)
    logs = logits[0, n_before:].double().log_softmax(dim=-1)
    return float(logs[torch.arange(len(target)), torch.tensor(list(target))].sum())


def encode_target(model: SavedModel, target: str) -> list[int]:
    """The ids of a target, with the end-of-text token at its end."""
    ids: NDArray[np.int32] = model.tokenizer.encode(target).ids
    return [*ids.tolist(), END_OF_TEXT]
