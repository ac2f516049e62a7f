"""One step of long short-term memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import final

import numpy as np

from seqgen.config import EncoderConfig, LstmConfig, UnitName
from seqgen.inference.base import Array, Product, Shapes
from seqgen.inference.recurrent import RecurrentStepper, RecurrentWeights, recurrent_shapes, recurrent_slots
from seqgen.inference.recurrent_cell import LayerWeights, RecurrentCell
from seqgen.inference.slots import StepperSlots
from seqgen.inference.torch_cells import input_matrix, layer_shapes, recurrent_matrix


@final
class LstmCell(RecurrentCell):
    """c' = i g + f c and h' = o tanh(c'). The gates o, i and f are sigmoids of sums, g is the tanh of one.

    Since sigmoid(z) = (1 + tanh(z/2)) / 2, the weights of the sigmoids are halved once, beforehand, and a single tanh
    serves all four. The gates and c lie side by side, so one multiplication gives both i g and f c.
    """

    def __init__(
        self, reads: Array, matrices: Sequence[Array], config: LstmConfig, *, multiply: Product = np.matmul
    ) -> None:
        self._multiply = multiply
        self._reads = reads
        (self._matrix,) = matrices
        n_streams, d_model = len(reads), config.d_model
        self._is_first = reads.shape[1] == 1 + d_model
        self.input_sums = np.empty((n_streams, 4 * d_model), reads.dtype)
        gates_and_c = np.zeros((n_streams, 5 * d_model), reads.dtype)  # o, i, f, g, c
        # What follows are views of `gates_and_c`, except `_terms`.
        self._gates, self._c = np.split(gates_and_c, [4 * d_model], axis=1)
        self._sigmoids, self._g_c = np.split(gates_and_c, [3 * d_model], axis=1)
        self._o, self._i_f = np.split(self._sigmoids, [d_model], axis=1)
        self._terms = np.empty((n_streams, 2 * d_model), reads.dtype)
        self._i_g, self._f_c = np.split(self._terms, 2, axis=1)
        self._h = reads[:, -d_model:]
        self.hidden = (self._h, self._c)

    @staticmethod
    def input_matrix(weights: LayerWeights) -> Array:
        return _arrange(input_matrix(weights))

    @staticmethod
    def step_matrices(weights: LayerWeights, is_first: bool) -> Sequence[Array]:
        recurrent = _arrange(recurrent_matrix(weights))
        return [recurrent if is_first else np.vstack((_arrange(input_matrix(weights)), recurrent))]

    def step(self) -> None:
        gates, sigmoids, c, h = self._gates, self._sigmoids, self._c, self._h
        self._multiply(self._reads, self._matrix, out=gates)
        if self._is_first:
            gates += self.input_sums
        np.tanh(gates, out=gates)
        sigmoids *= 0.5
        sigmoids += 0.5
        np.multiply(self._i_f, self._g_c, out=self._terms)
        np.add(self._i_g, self._f_c, out=c)
        np.tanh(c, out=h)
        h *= self._o

    def set_unit(self, unit: UnitName, value: float) -> None:
        if unit.is_cell:
            self._c[:, unit.number] = value
            self._h[:, unit.number] = self._o[:, unit.number] * np.tanh(self._c[:, unit.number])
        else:
            self._h[:, unit.number] = value


def _arrange(matrix: Array) -> Array:
    """Columns in torch's order i, f, g, o -> o, i, f, g, those of the sigmoids halved."""
    i, f, g, o = np.split(matrix, 4, axis=1)
    return np.hstack((o * 0.5, i * 0.5, f * 0.5, g))


def build(
    config: LstmConfig, weights: Mapping[str, Array], n_streams: int, encoder: EncoderConfig | None
) -> RecurrentStepper:
    """A stepper of LSTM layers."""
    return RecurrentStepper(RecurrentWeights(config, weights, LstmCell, encoder), n_streams)


def build_slots(config: LstmConfig, weights: Mapping[str, Array], n_slots: int) -> StepperSlots:
    """Slots of LSTM layers."""
    return recurrent_slots(RecurrentWeights(config, weights, LstmCell, None), n_slots)


def weight_shapes(config: LstmConfig, encoder: EncoderConfig | None) -> Shapes:
    """The shapes of the model's weights."""
    return recurrent_shapes(config, encoder, partial(layer_shapes, n_gates=4), n_carried=2)
