"""Transformers with random weights, and what seqgen's own stepper makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from seqgen.config import FieldValue, TransformerConfig
from seqgen.inference import build_stepper, weight_shapes
from seqgen.run import SavedModel
from seqgen.tokenizers import Tokenizer

MEMORY = 24
_SHAPE: dict[str, FieldValue] = {
    "n_layer": 2,
    "d_model": 32,
    "n_head": 2,
    "d_head": 16,
    "d_feedforward": 48,
    "memory": MEMORY,
    "dropout": 0.0,
}


def transformer(saved: SavedModel, tokenizer: Tokenizer, **changes: FieldValue) -> SavedModel:
    """A saved model with a small Transformer in the place of its own model."""
    shape = {**_SHAPE, **changes, "vocab_size": tokenizer.vocab_size}
    model = TransformerConfig(**shape)  # type: ignore[arg-type]
    numbers = np.random.default_rng(7)
    weights = {
        name: (1 + 0.1 * numbers.standard_normal(shape) if len(shape) == 1 else 0.15 * numbers.standard_normal(shape))
        for name, shape in weight_shapes(model).items()
    }
    as_float32 = {name: array.astype(np.float32) for name, array in weights.items()}
    record = replace(saved.record, model=model, temperature=0.55)
    return replace(saved, record=record, tokenizer=tokenizer, weights=as_float32, expert=None)


def halved(saved: SavedModel) -> SavedModel:
    """The model as it is after its matrices were written in half precision."""
    matrices = {name: array.astype(np.float16) for name, array in saved.weights.items() if array.ndim > 1}
    return replace(
        saved, weights={**saved.weights, **{name: half.astype(np.float32) for name, half in matrices.items()}}
    )


def log_probabilities(saved: SavedModel, prompt: str, ids: Sequence[int]) -> NDArray[np.float64]:
    """Of every token at each of some positions after a prompt, (T, V)."""
    stepper = build_stepper(saved.record.model, saved.weights, n_streams=1)
    rows = [stepper.read([0, *saved.tokenizer.encode(prompt).ids.tolist()])]
    rows += [stepper.step(np.array([token])) for token in ids[:-1]]
    logits = np.concatenate(rows).astype(np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    normalised: NDArray[np.float64] = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return normalised
