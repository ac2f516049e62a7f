"""The frame that the three recurrent steppers share, and the contract of their cells."""

from __future__ import annotations

import functools
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
    def __init__(self, reads: Array, input_matrix: Array | None, recurrent_matrix: Array) -> None:
        """Arranged matrices, (1+D, G*D), the bias their first row."""

    @staticmethod
    @abstractmethod
    def arrange(matrix: Array) -> Array:
        """The columns of a matrix (1+D, G*D), which are the gates as torch orders them, as the step likes them."""

    @abstractmethod
    def step(self) -> None:
        """Go one step: read the input sums or the output below, and the own output; write the own output."""


@final
class RecurrentStepper(Stepper):
    """A table of input sums, the cells and the output layer: embedding times first matrix is a table of V rows."""

    def __init__(
        self, config: RecurrentConfig, weights: Mapping[str, Array], cell: type[RecurrentCell], n_streams: int
    ) -> None:
        self._build_one = functools.partial(RecurrentStepper, config, weights, cell, 1)
        layers = [[np.ascontiguousarray(cell.arrange(m)) for m in _matrices(weights, n)] for n in range(config.n_layer)]
        bias, matrix = np.split(layers[0][0], [1])
        self._table = (weights["embedding.weight"] @ matrix if config.d_embedding else matrix) + bias  # (V, G*D)
        dtype = self._table.dtype
        width = 1 + config.d_model
        row = np.zeros((n_streams, config.n_layer * width), dtype)
        row[:, ::width] = 1
        self._cells = [cell(row[:, :width], None, layers[0][1])]
        for number, matrices in enumerate(layers[1:]):
            self._cells.append(cell(row[:, number * width : (number + 2) * width], *matrices))
        self._last = row[:, -width:]
        tied = weights["embedding.weight"] if config.tie_weights else weights["head.weight"]
        self._head = np.ascontiguousarray(np.vstack((weights["head.bias"], tied.T)))  # (1+D, V)
        self._logits = np.empty((n_streams, config.vocab_size), dtype)

    def step(self, ids: Array) -> Array:
        np.take(self._table, ids, axis=0, out=self._cells[0].input_sums, mode="clip")
        for cell in self._cells:
            cell.step()
        return np.matmul(self._last, self._head, out=self._logits)

    def read(self, ids: Sequence[int], n_streams: int) -> Array:
        if n_streams == 1 or len(ids) == 1:
            return super().read(ids, n_streams)
        one = self._build_one()  # where all streams are alike, one can read for all
        one.set_state(tuple(part[:1] for part in self.state()))
        logits = one.read(ids, 1)
        self.set_state(one.state())
        return np.repeat(logits, n_streams, axis=0)

    def state(self) -> State:
        return tuple(array.copy() for cell in self._cells for array in cell.hidden)

    def set_state(self, state: State) -> None:
        own = [array for cell in self._cells for array in cell.hidden]
        for array, value in zip(own, state, strict=True):
            array[:] = value


def joined(input_matrix: Array | None, recurrent_matrix: Array) -> Array:
    """The two as one, for all that a layer reads."""
    return recurrent_matrix if input_matrix is None else np.vstack((input_matrix, recurrent_matrix))


def _matrices(weights: Mapping[str, Array], number: int) -> tuple[Array, Array]:
    """Input and recurrent matrix of a layer, (1+D, G*D) each, the bias the first row."""
    cell = f"layers.{number}.cell"
    of_input, recurrent = (
        np.vstack((weights[f"{cell}.bias_{kind}_l0"], weights[f"{cell}.weight_{kind}_l0"].T)) for kind in ("ih", "hh")
    )
    return of_input, recurrent
