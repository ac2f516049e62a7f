"""One step of the gated recurrent unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import numpy as np

from seqgen.config import GruConfig
from seqgen.inference.base import Array, lay_out
from seqgen.inference.recurrent import RecurrentCell, RecurrentStepper, layers_of


@final
class GruCell(RecurrentCell):
    """h' = n + u (h - n) with n = tanh(W x + b + r (U h + b')), the gates r and u sigmoids.

    The sigmoids' weights are halved once: sigmoid(z) = (1 + tanh(z/2)) / 2.
    """

    def __init__(self, layer: Mapping[str, Array], n_streams: int) -> None:
        d_model = layer["weight_hh_l0"].shape[1]
        halves = np.repeat([0.5, 0.5, 1.0], d_model).astype(layer["weight_hh_l0"].dtype)  # r, u, n
        self.input_weight = lay_out(layer["weight_ih_l0"].T * halves, n_streams)
        self.input_bias = layer["bias_ih_l0"] * halves
        self._recurrent = lay_out(layer["weight_hh_l0"].T * halves, n_streams)  # (D, 3D)
        self._recurrent_bias = layer["bias_hh_l0"] * halves
        self.hidden = (np.zeros((n_streams, d_model), halves.dtype),)
        self._sums = np.empty((n_streams, 3 * d_model), halves.dtype)
        self._gates, self._new = np.split(self._sums, [2 * d_model], axis=1)  # views
        self._r, self._u = np.split(self._gates, 2, axis=1)

    def step(self, products: Array) -> Array:
        (h,) = self.hidden
        d_model = h.shape[1]
        r, u, new = self._r, self._u, self._new
        np.matmul(h, self._recurrent, out=self._sums)
        self._sums += self._recurrent_bias
        self._gates += products[:, : 2 * d_model]
        np.tanh(self._gates, out=self._gates)
        self._gates += 1
        self._gates *= 0.5
        new *= r
        new += products[:, 2 * d_model :]
        np.tanh(new, out=new)
        h -= new
        h *= u
        h += new
        return h


def build(config: GruConfig, weights: Mapping[str, Array], n_streams: int) -> RecurrentStepper:
    """A stepper over GRU layers."""
    cells = [GruCell(layer, n_streams) for layer in layers_of(config, weights)]
    return RecurrentStepper(config, weights, cells, n_streams)
