"""The four decoders as torch modules over whole windows: `inference` holds the same four step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqgen.config import Cell, ModelConfig
from seqgen.models import gru, lstm, rnn, transformer
from seqgen.models.base import Decoder, Matrix, State, count_parameters, detach
from seqgen.models.precision import matmul_precision

__all__ = [
    "DECODERS",
    "Decoder",
    "Matrix",
    "State",
    "build_model",
    "count_parameters",
    "detach",
    "load_weights",
    "matmul_precision",
    "read_weights",
]

DECODERS: dict[Cell, Callable[[Any], Decoder]] = {
    "rnn": rnn.build,
    "lstm": lstm.build,
    "gru": gru.build,
    "transformer": transformer.build,
}


def build_model(config: ModelConfig) -> Decoder:
    """A decoder with fresh weights, drawn from torch's global random state."""
    return DECODERS[config.cell](config)


def read_weights(model: Decoder) -> dict[str, NDArray[Any]]:
    """Copies of a model's weights by name; one that is shared appears under its first name only."""
    return {name: value.detach().cpu().numpy().copy() for name, value in model.named_parameters()}


def load_weights(model: Decoder, weights: Mapping[str, NDArray[Any]]) -> None:
    """Set a model's weights in place.

    Raises:
        KeyError: a weight is missing.
        RuntimeError: a weight has another shape.
    """
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(weights[name])))
