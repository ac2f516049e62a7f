"""One step of long short-term memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import numpy as np

from seqgen.config import LstmConfig
from seqgen.inference.base import Array
from seqgen.inference.recurrent import RecurrentCell, RecurrentStepper, layers_of


@final
class LstmCell(RecurrentCell):
    """c' = f c + i g and h' = o tanh(c'), the gates i, f, o sigmoids and g a tanh of products + U h.

    Since sigmoid(z) = (1 + tanh(z/2)) / 2, the sigmoids' weights are halved once and one tanh serves all
    four gates.
    """

    def __init__(self, layer: Mapping[str, Array], n_streams: int) -> None:
        d_model = layer["weight_hh_l0"].shape[1]
        halves = np.repeat([0.5, 0.5, 1.0, 0.5], d_model).astype(layer["weight_hh_l0"].dtype)  # i, f, g, o
        self.input_weight = layer["weight_ih_l0"].T * halves
        self.input_bias = (layer["bias_ih_l0"] + layer["bias_hh_l0"]) * halves
        self._recurrent = layer["weight_hh_l0"].T * halves  # (D, 4D)
        h = np.zeros((n_streams, d_model), halves.dtype)
        self.hidden = (h, np.zeros_like(h))
        self._gates = np.empty((n_streams, 4 * d_model), halves.dtype)
        self._i, self._f, self._g, self._o = np.split(self._gates, 4, axis=1)  # views, (B, D) each

    def step(self, products: Array) -> Array:
        h, c = self.hidden
        i, f, g, o = self._i, self._f, self._g, self._o
        np.matmul(h, self._recurrent, out=self._gates)
        self._gates += products
        np.tanh(self._gates, out=self._gates)
        i += 1
        i *= g
        f += 1
        c *= f
        c += i
        c *= 0.5
        o += 1
        o *= 0.5
        np.tanh(c, out=h)
        h *= o
        return h


def build(config: LstmConfig, weights: Mapping[str, Array], n_streams: int) -> RecurrentStepper:
    """A stepper over LSTM layers."""
    cells = [LstmCell(layer, n_streams) for layer in layers_of(config, weights)]
    return RecurrentStepper(config, weights, cells, n_streams)
