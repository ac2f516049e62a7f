"""The decoders step by step, in NumPy: they write text on a CPU. This package does not import torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from seqgen.config import Cell, ModelConfig
from seqgen.inference import gru, lstm, rnn, transformer
from seqgen.inference.base import Array, State, Stepper
from seqgen.inference.threads import limit_this_thread, one_thread

__all__ = ["STEPPERS", "State", "Stepper", "build_stepper", "limit_this_thread", "one_thread"]

STEPPERS: dict[Cell, Callable[[Any, Mapping[str, Array], int], Stepper]] = {
    "rnn": rnn.build,
    "lstm": lstm.build,
    "gru": gru.build,
    "transformer": transformer.build,
}
"""What builds the stepper of each cell from a config of its class, the weights and the number of streams."""


def build_stepper(config: ModelConfig, weights: Mapping[str, Array], *, n_streams: int) -> Stepper:
    """A stepper at the beginning of its streams, in the number type of the weights.

    >>> import numpy as np
    >>> from seqgen.inference import build_stepper
    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> stepper = build_stepper(saved.record.model, saved.weights, n_streams=2)
    >>> logits = stepper.step(np.array([3, 5]))
    >>> logits.shape == (2, saved.tokenizer.vocab_size)
    True
    """
    return STEPPERS[config.cell](config, weights, n_streams)
