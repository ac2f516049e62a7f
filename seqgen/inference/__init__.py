"""The four decoders one step at a time, in NumPy: what makes text on a CPU. No torch here."""

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


def build_stepper(config: ModelConfig, weights: Mapping[str, Array], *, n_streams: int) -> Stepper:
    """A stepper at the beginning of its streams, in the number type of the weights."""
    return STEPPERS[config.cell](config, weights, n_streams)
