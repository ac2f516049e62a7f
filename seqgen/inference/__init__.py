"""The decoders step by step, in NumPy: they write text on a CPU. This package does not import torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from seqgen.config import Cell, EncoderConfig, ModelConfig
from seqgen.inference import gru, lstm, mingru, rnn, transformer, transformer_slots
from seqgen.inference.base import Array, Shapes, State, Stepper
from seqgen.inference.expert import NgramExpert
from seqgen.inference.expert_tables import ContextTable, extend_hash, key_of
from seqgen.inference.label_expert import LabelExpert, MixingPowers, normalised, weigh
from seqgen.inference.mixed import MixedStepper
from seqgen.inference.mixed_slots import MixedSlots
from seqgen.inference.row_products import MULTIPLE
from seqgen.inference.slots import Slots
from seqgen.inference.source_ngrams import NgramKinds, SourceRows, rows_of
from seqgen.inference.threads import limit_this_thread, one_thread

__all__ = [
    "MULTIPLE",
    "SLOTS",
    "STEPPERS",
    "WEIGHT_SHAPES",
    "ContextTable",
    "LabelExpert",
    "MixedSlots",
    "MixedStepper",
    "MixingPowers",
    "NgramExpert",
    "NgramKinds",
    "Slots",
    "SourceRows",
    "State",
    "Stepper",
    "build_slots",
    "build_stepper",
    "extend_hash",
    "key_of",
    "limit_this_thread",
    "normalised",
    "one_thread",
    "rows_of",
    "weigh",
    "weight_shapes",
]

STEPPERS: dict[Cell, Callable[[Any, Mapping[str, Array], int, EncoderConfig | None], Stepper]] = {
    "rnn": rnn.build,
    "lstm": lstm.build,
    "gru": gru.build,
    "mingru": mingru.build,
    "transformer": transformer.build,
}
"""What builds the stepper of each cell from a config of its class, the weights and the number of streams. The encoder's
config comes last; None if there is no encoder."""

SLOTS: dict[Cell, Callable[[Any, Mapping[str, Array], int], Slots]] = {
    "rnn": rnn.build_slots,
    "lstm": lstm.build_slots,
    "gru": gru.build_slots,
    "mingru": mingru.build_slots,
    "transformer": transformer_slots.build_slots,
}
"""What builds the slots of each cell from a config of its class, the weights and the number of slots."""

WEIGHT_SHAPES: dict[Cell, Callable[[Any, EncoderConfig | None], Shapes]] = {
    "rnn": rnn.weight_shapes,
    "lstm": lstm.weight_shapes,
    "gru": gru.weight_shapes,
    "mingru": mingru.weight_shapes,
    "transformer": transformer.weight_shapes,
}
"""The shapes of the weights of each cell, from the same configs: what a model file is checked against."""


def build_stepper(
    config: ModelConfig, weights: Mapping[str, Array], *, n_streams: int, encoder: EncoderConfig | None = None
) -> Stepper:
    """A stepper at the beginning of its streams, in the data type of the weights.

    >>> import numpy as np
    >>> from seqgen.inference import build_stepper
    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> stepper = build_stepper(saved.record.model, saved.weights, n_streams=2)
    >>> logits = stepper.step(np.array([3, 5]))
    >>> logits.shape == (2, saved.tokenizer.vocab_size)
    True
    """
    return STEPPERS[config.cell](config, weights, n_streams, encoder)


def build_slots(config: ModelConfig, weights: Mapping[str, Array], *, n_slots: int) -> Slots:
    """Slots of a decoder without an encoder. Their number is a multiple of `MULTIPLE`.

    >>> import numpy as np
    >>> from seqgen.inference import build_slots
    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> build_slots(saved.record.model, saved.weights, n_slots=4).step(np.zeros(4, np.int64)).shape[0]
    4
    """
    return SLOTS[config.cell](config, weights, n_slots)


def weight_shapes(config: ModelConfig, encoder: EncoderConfig | None = None) -> Shapes:
    """The shapes of a model's weights, by the names that they have in the torch module and in a model file.

    >>> from seqgen.inference import weight_shapes
    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> weight_shapes(saved.record.model) == {name: array.shape for name, array in saved.weights.items()}
    True
    """
    return WEIGHT_SHAPES[config.cell](config, encoder)
