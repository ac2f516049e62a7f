"""The frame that the three recurrent steppers share, and the contract of their cells."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import final

import numpy as np

from seqgen.config import RecurrentConfig
from seqgen.inference.base import Array, State, Stepper


class RecurrentCell(ABC):
    """One layer of one kind, over B streams, one time step at a time.

    The outputs of all layers lie side by side in one row a stream, a 1 before each: [1, h of layer 0, 1, h of layer 1,
    ...]. A layer reads a view of it, (B, 1+D + 1+D), the output below and its own of the step before, and writes over
    the latter; the first layer has nothing below, and reads (B, 1+D). With its 1 an output meets the bias and the
    matrix in one product, and both outputs their matrices in one more: few large products are faster than many small.
    """

    input_sums: Array
    """(B, G*D), G the number of gates: filled for the first layer, which has no input matrix, before every step."""
    hidden: tuple[Array, ...]
    """What is carried, (B, D) each, changed in place; the output comes first."""

    @abstractmethod
    def __init__(self, reads: Array, matrices: Sequence[Array]) -> None:
        """From what `prepare` returned, and a view of the row."""

    @staticmethod
    @abstractmethod
    def arrange(matrix: Array) -> Array:
        """The columns of a matrix (1+D, G*D), which are the gates as torch orders them, as the step likes them."""

    @staticmethod
    def prepare(input_matrix: Array | None, recurrent_matrix: Array) -> Sequence[Array]:
        """The arranged matrices of a layer, (1+D, G*D) each, their bias the first row: here, one for all it reads."""
        both = (recurrent_matrix,) if input_matrix is None else (input_matrix, recurrent_matrix)
        return [np.ascontiguousarray(np.vstack(both))]

    @abstractmethod
    def step(self) -> None:
        """Go one step: read the input sums or the output below, and the own output; write the own output."""


@final
class _Weights:
    """Table of input sums, matrices of the layers and of the output, as steps need them."""

    def __init__(self, config: RecurrentConfig, weights: Mapping[str, Array], cell: type[RecurrentCell]) -> None:
        self.cell = cell
        self.d_model = config.d_model
        layers = [[cell.arrange(matrix) for matrix in _matrices(weights, number)] for number in range(config.n_layer)]
        bias, matrix = np.split(layers[0][0], [1])
        self.table = (weights["embedding.weight"] @ matrix if config.d_embedding else matrix) + bias  # (V, G*D)
        self.layers = [
            cell.prepare(of_input if number else None, recurrent) for number, (of_input, recurrent) in enumerate(layers)
        ]
        tied = weights["embedding.weight"] if config.tie_weights else weights["head.weight"]
        self.head = np.ascontiguousarray(np.vstack((weights["head.bias"], tied.T)))  # (1+D, V)


@final
class RecurrentStepper(Stepper):
    """The cells over their row, between a table, which is embedding times first matrix, and the output layer."""

    def __init__(self, weights: _Weights, n_streams: int) -> None:
        self._weights = weights
        dtype, width = weights.table.dtype, 1 + weights.d_model
        row = np.zeros((n_streams, len(weights.layers) * width), dtype)
        row[:, ::width] = 1
        self._cells = [
            weights.cell(row[:, max(0, number - 1) * width : (number + 1) * width], matrices)
            for number, matrices in enumerate(weights.layers)
        ]
        self._last = row[:, -width:]
        self._logits = np.empty((n_streams, weights.head.shape[1]), dtype)

    @classmethod
    def build(
        cls, config: RecurrentConfig, weights: Mapping[str, Array], cell: type[RecurrentCell], n_streams: int
    ) -> RecurrentStepper:
        """From the weights of the torch module."""
        return cls(_Weights(config, weights, cell), n_streams)

    def step(self, ids: Array) -> Array:
        np.take(self._weights.table, ids, axis=0, out=self._cells[0].input_sums, mode="clip")
        for cell in self._cells:
            cell.step()
        return np.matmul(self._last, self._weights.head, out=self._logits)

    def fork(self, n_streams: int) -> RecurrentStepper:
        forked = RecurrentStepper(self._weights, n_streams)
        forked.set_state(self.state())
        return forked

    def state(self) -> State:
        return tuple(array.copy() for cell in self._cells for array in cell.hidden)

    def set_state(self, state: State) -> None:
        own = [array for cell in self._cells for array in cell.hidden]
        for array, value in zip(own, state, strict=True):
            array[:] = value


def _matrices(weights: Mapping[str, Array], number: int) -> tuple[Array, Array]:
    """Input and recurrent matrix of a layer, (1+D, G*D) each, the bias the first row."""
    cell = f"layers.{number}.cell"
    of_input, recurrent = (
        np.vstack((weights[f"{cell}.bias_{kind}_l0"], weights[f"{cell}.weight_{kind}_l0"].T)) for kind in ("ih", "hh")
    )
    return of_input, recurrent
