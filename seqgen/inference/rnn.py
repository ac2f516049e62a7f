"""One step of Elman's network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import final

import numpy as np

from seqgen.config import EncoderConfig, RnnConfig, UnitName
from seqgen.inference.base import Array, Product, Shapes
from seqgen.inference.recurrent import RecurrentStepper, RecurrentWeights, recurrent_shapes, recurrent_slots
from seqgen.inference.recurrent_cell import LayerWeights, RecurrentCell
from seqgen.inference.slots import StepperSlots
from seqgen.inference.torch_cells import input_matrix, layer_shapes, recurrent_matrix


@final
class RnnCell(RecurrentCell):
    """h' = tanh(W x + b + U h + b'), or relu in place of tanh.

    One matrix multiplication gives the whole sum.
    """

    def __init__(
        self, reads: Array, matrices: Sequence[Array], config: RnnConfig, *, multiply: Product = np.matmul
    ) -> None:
        self._multiply = multiply
        self._reads = reads
        (self._matrix,) = matrices
        self._is_first = reads.shape[1] == 1 + config.d_model
        self._activate = np.tanh if config.nonlinearity == "tanh" else _relu
        self.input_sums = np.empty((len(reads), config.d_model), reads.dtype)
        self._sums = np.empty_like(self.input_sums)
        self._h = reads[:, -config.d_model :]
        self.hidden = (self._h,)

    @staticmethod
    def input_matrix(weights: LayerWeights) -> Array:
        return input_matrix(weights)

    @staticmethod
    def step_matrices(weights: LayerWeights, is_first: bool) -> Sequence[Array]:
        recurrent = recurrent_matrix(weights)
        return [recurrent if is_first else np.vstack((input_matrix(weights), recurrent))]

    def step(self) -> None:
        self._multiply(self._reads, self._matrix, out=self._sums)
        if self._is_first:
            self._sums += self.input_sums
        self._activate(self._sums, out=self._h)

    def set_unit(self, unit: UnitName, value: float) -> None:
        self._h[:, unit.number] = value


def _relu(sums: Array, out: Array) -> None:
    np.maximum(sums, 0, out=out)


def build(
    config: RnnConfig, weights: Mapping[str, Array], n_streams: int, encoder: EncoderConfig | None
) -> RecurrentStepper:
    """A stepper of RNN layers."""
    return RecurrentStepper(RecurrentWeights(config, weights, RnnCell, encoder), n_streams)


def build_slots(config: RnnConfig, weights: Mapping[str, Array], n_slots: int) -> StepperSlots:
    """Slots of RNN layers."""
    return recurrent_slots(RecurrentWeights(config, weights, RnnCell, None), n_slots)


def weight_shapes(config: RnnConfig, encoder: EncoderConfig | None) -> Shapes:
    """The shapes of the model's weights."""
    return recurrent_shapes(config, encoder, partial(layer_shapes, n_gates=1))
