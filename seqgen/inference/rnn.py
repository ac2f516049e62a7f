"""One step of Elman's network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import numpy as np

from seqgen.config import RnnConfig
from seqgen.inference.base import Array, lay_out
from seqgen.inference.recurrent import RecurrentCell, RecurrentStepper, layers_of


@final
class RnnCell(RecurrentCell):
    """h' = tanh(products + U h), or relu."""

    def __init__(self, layer: Mapping[str, Array], nonlinearity: str, n_streams: int) -> None:
        self.input_weight = lay_out(layer["weight_ih_l0"].T, n_streams)
        self.input_bias = layer["bias_ih_l0"] + layer["bias_hh_l0"]
        self._recurrent = lay_out(layer["weight_hh_l0"].T, n_streams)  # (D, D)
        self._is_tanh = nonlinearity == "tanh"
        h = np.zeros((n_streams, len(self._recurrent)), self._recurrent.dtype)
        self.hidden = (h,)
        self._sum = np.empty_like(h)

    def step(self, products: Array) -> Array:
        (h,) = self.hidden
        np.matmul(h, self._recurrent, out=self._sum)
        self._sum += products
        return np.tanh(self._sum, out=h) if self._is_tanh else np.maximum(self._sum, 0, out=h)


def build(config: RnnConfig, weights: Mapping[str, Array], n_streams: int) -> RecurrentStepper:
    """A stepper over RNN layers."""
    cells = [RnnCell(layer, config.nonlinearity, n_streams) for layer in layers_of(config, weights)]
    return RecurrentStepper(config, weights, cells, n_streams)
