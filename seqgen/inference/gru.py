"""One step of the gated recurrent unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import final

import numpy as np

from seqgen.config import EncoderConfig, GruConfig, UnitName
from seqgen.inference.base import Array, Product, Shapes
from seqgen.inference.recurrent import RecurrentStepper, RecurrentWeights, recurrent_shapes, recurrent_slots
from seqgen.inference.recurrent_cell import LayerWeights, RecurrentCell
from seqgen.inference.slots import StepperSlots
from seqgen.inference.torch_cells import input_matrix, layer_shapes, recurrent_matrix


@final
class GruCell(RecurrentCell):
    """h' = n + u (h - n) with n = tanh(W x + b + r (U h + b')). The gates r and u are sigmoids of sums.

    Since sigmoid(z) = (1 + tanh(z/2)) / 2, the weights of the sigmoids are halved once, beforehand. The gate r
    multiplies only one of the two sums of n, so the output below and the own output have a matrix multiplication each.
    """

    def __init__(
        self, reads: Array, matrices: Sequence[Array], config: GruConfig, *, multiply: Product = np.matmul
    ) -> None:
        self._multiply = multiply
        self._recurrent_matrix, *input_matrices = matrices
        self._input_matrix = input_matrices[0] if input_matrices else None
        d_model = config.d_model
        self._below, self._own = np.split(reads, [-1 - d_model], axis=1)  # views
        self.input_sums = np.empty((len(reads), 3 * d_model), reads.dtype)
        self._sums = np.empty_like(self.input_sums)
        (self._gates, self._new), (self._gate_input, self._new_input) = (
            np.split(sums, [2 * d_model], axis=1) for sums in (self._sums, self.input_sums)
        )
        self._r, self._u = np.split(self._gates, 2, axis=1)
        self._h = self._own[:, 1:]
        self.hidden = (self._h,)

    @staticmethod
    def input_matrix(weights: LayerWeights) -> Array:
        return _arrange(input_matrix(weights))

    @staticmethod
    def step_matrices(weights: LayerWeights, is_first: bool) -> Sequence[Array]:
        recurrent = _arrange(recurrent_matrix(weights))
        return [recurrent] if is_first else [recurrent, _arrange(input_matrix(weights))]

    def step(self) -> None:
        gates, new, h = self._gates, self._new, self._h
        if self._input_matrix is not None:
            self._multiply(self._below, self._input_matrix, out=self.input_sums)
        self._multiply(self._own, self._recurrent_matrix, out=self._sums)
        gates += self._gate_input
        np.tanh(gates, out=gates)
        gates += 1
        gates *= 0.5
        new *= self._r
        new += self._new_input
        np.tanh(new, out=new)
        h -= new
        h *= self._u
        h += new

    def set_unit(self, unit: UnitName, value: float) -> None:
        self._h[:, unit.number] = value


def _arrange(matrix: Array) -> Array:
    """Columns r, u, n with those of the sigmoids halved."""
    r, u, new = np.split(matrix, 3, axis=1)
    return np.hstack((r * 0.5, u * 0.5, new))


def build(
    config: GruConfig, weights: Mapping[str, Array], n_streams: int, encoder: EncoderConfig | None
) -> RecurrentStepper:
    """A stepper of GRU layers."""
    return RecurrentStepper(RecurrentWeights(config, weights, GruCell, encoder), n_streams)


def build_slots(config: GruConfig, weights: Mapping[str, Array], n_slots: int) -> StepperSlots:
    """Slots of GRU layers."""
    return recurrent_slots(RecurrentWeights(config, weights, GruCell, None), n_slots)


def weight_shapes(config: GruConfig, encoder: EncoderConfig | None) -> Shapes:
    """The shapes of the model's weights."""
    return recurrent_shapes(config, encoder, partial(layer_shapes, n_gates=3))
