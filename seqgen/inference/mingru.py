"""One step of the minimal gated recurrent unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

import numpy as np

from seqgen.config import EncoderConfig, MinGruConfig, UnitName
from seqgen.inference.base import Array, Product, Shapes
from seqgen.inference.recurrent import RecurrentStepper, RecurrentWeights, recurrent_shapes, recurrent_slots
from seqgen.inference.recurrent_cell import LayerWeights, RecurrentCell
from seqgen.inference.slots import StepperSlots


@final
class MinGruCell(RecurrentCell):
    """h' = h + z (c - h), where the sigmoid z and the candidate c depend on the input alone.

    Since sigmoid(s) = (1 + tanh(s/2)) / 2, the weights of z are halved once, beforehand. The first layer multiplies
    nothing: the table of input sums has everything.
    """

    def __init__(
        self, reads: Array, matrices: Sequence[Array], config: MinGruConfig, *, multiply: Product = np.matmul
    ) -> None:
        self._multiply = multiply
        self._matrix = matrices[0] if matrices else None
        self._below, own = np.split(reads, [-1 - config.d_model], axis=1)  # views
        self.input_sums = np.empty((len(reads), 2 * config.d_model), reads.dtype)
        self._z, self._candidate = np.split(self.input_sums, 2, axis=1)
        self._h = own[:, 1:]
        self.hidden = (self._h,)

    @staticmethod
    def input_matrix(weights: LayerWeights) -> Array:
        z, candidate = np.split(np.vstack((weights["gates.bias"], weights["gates.weight"].T)), 2, axis=1)
        return np.hstack((z * 0.5, candidate))

    @staticmethod
    def step_matrices(weights: LayerWeights, is_first: bool) -> Sequence[Array]:
        return [] if is_first else [MinGruCell.input_matrix(weights)]

    def step(self) -> None:
        z, candidate, h = self._z, self._candidate, self._h
        if self._matrix is not None:
            self._multiply(self._below, self._matrix, out=self.input_sums)
        np.tanh(z, out=z)
        z += 1
        z *= 0.5
        candidate -= h
        candidate *= z
        h += candidate

    def set_unit(self, unit: UnitName, value: float) -> None:
        self._h[:, unit.number] = value


def build(
    config: MinGruConfig, weights: Mapping[str, Array], n_streams: int, encoder: EncoderConfig | None
) -> RecurrentStepper:
    """A stepper of minGRU layers."""
    return RecurrentStepper(RecurrentWeights(config, weights, MinGruCell, encoder), n_streams)


def build_slots(config: MinGruConfig, weights: Mapping[str, Array], n_slots: int) -> StepperSlots:
    """Slots of minGRU layers."""
    return recurrent_slots(RecurrentWeights(config, weights, MinGruCell, None), n_slots)


def weight_shapes(config: MinGruConfig, encoder: EncoderConfig | None) -> Shapes:
    """The shapes of the model's weights."""
    return recurrent_shapes(config, encoder, _layer_shapes)


def _layer_shapes(d_input: int, d_model: int) -> Shapes:
    return {"gates.weight": (2 * d_model, d_input), "gates.bias": (2 * d_model,)}
