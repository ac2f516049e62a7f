"""One step of long short-term memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import numpy as np

from seqgen.config import LstmConfig
from seqgen.inference.base import Array, lay_out
from seqgen.inference.recurrent import RecurrentCell, RecurrentStepper, layers_of


@final
class LstmCell(RecurrentCell):
    """c' = f c + i g and h' = o tanh(c'), the gates i, f, o sigmoids and g a tanh of products + U h.

    Since sigmoid(z) = (1 + tanh(z/2)) / 2, the sigmoids' weights are halved once and one tanh serves all
    four gates.
    """

    def __init__(self, layer: Mapping[str, Array], n_streams: int) -> None:
        d_model = layer["weight_hh_l0"].shape[1]
        halves = np.repeat([0.5, 0.5, 0.5, 1.0], d_model).astype(layer["weight_hh_l0"].dtype)
        own = {name: _in_order(array) for name, array in layer.items()}
        self.input_weight = lay_out(own["weight_ih_l0"].T * halves, n_streams)
        self.input_bias = (own["bias_ih_l0"] + own["bias_hh_l0"]) * halves
        self._recurrent = lay_out(own["weight_hh_l0"].T * halves, n_streams)  # (D, 4D)
        h = np.zeros((n_streams, d_model), halves.dtype)
        self.hidden = (h, np.zeros_like(h))
        self._gates = np.empty((n_streams, 4 * d_model), halves.dtype)
        self._i, self._f, self._o, self._g = np.split(self._gates, 4, axis=1)  # views, (B, D) each
        self._sigmoids = self._gates[:, : 3 * d_model]

    def step(self, products: Array) -> Array:
        h, c = self.hidden
        i = self._i
        np.matmul(h, self._recurrent, out=self._gates)
        self._gates += products
        np.tanh(self._gates, out=self._gates)
        self._sigmoids *= 0.5
        self._sigmoids += 0.5
        i *= self._g
        c *= self._f
        c += i
        np.tanh(c, out=h)
        h *= self._o
        return h


def _in_order(array: Array) -> Array:
    """The gates' rows in the order i, f, o, g, so that the sigmoids lie side by side; torch has i, f, g, o."""
    i, f, g, o = np.split(array, 4)
    return np.concatenate((i, f, o, g))


def build(config: LstmConfig, weights: Mapping[str, Array], n_streams: int) -> RecurrentStepper:
    """A stepper over LSTM layers."""
    cells = [LstmCell(layer, n_streams) for layer in layers_of(config, weights)]
    return RecurrentStepper(config, weights, cells, n_streams)
