"""One step of the gated recurrent unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

import numpy as np

from seqgen.config import GruConfig
from seqgen.inference.base import Array
from seqgen.inference.recurrent import RecurrentCell, RecurrentStepper


@final
class GruCell(RecurrentCell):
    """h' = n + u (h - n) with n = tanh(W x + b + r (U h + b')), the gates r and u sigmoids.

    The sigmoids' sums are halved once, in the weights: sigmoid(z) = (1 + tanh(z/2)) / 2. Since r stands before one of
    n's two sums only, what comes from below and from before has a product each.
    """

    def __init__(self, reads: Array, matrices: Sequence[Array]) -> None:
        self._recurrent_matrix, *of_input = matrices
        self._input_matrix = of_input[0] if of_input else None
        width, three_d = self._recurrent_matrix.shape
        self._below, self._own = np.split(reads, [-width], axis=1)  # views
        self.input_sums = np.empty((len(reads), three_d), reads.dtype)
        self._sums = np.empty_like(self.input_sums)
        (self._gates, self._new), (self._gate_input, self._new_input) = (
            np.split(sums, [2 * three_d // 3], axis=1) for sums in (self._sums, self.input_sums)
        )
        self._r, self._u = np.split(self._gates, 2, axis=1)
        self._h = self._own[:, 1:]
        self.hidden = (self._h,)

    @staticmethod
    def arrange(matrix: Array) -> Array:
        r, u, new = np.split(matrix, 3, axis=1)
        return np.hstack((r * 0.5, u * 0.5, new))

    @staticmethod
    def prepare(input_matrix: Array | None, recurrent_matrix: Array) -> Sequence[Array]:
        both = (recurrent_matrix,) if input_matrix is None else (recurrent_matrix, input_matrix)
        return [np.ascontiguousarray(matrix) for matrix in both]

    def step(self) -> None:
        gates, new, h = self._gates, self._new, self._h
        if self._input_matrix is not None:
            np.matmul(self._below, self._input_matrix, out=self.input_sums)
        np.matmul(self._own, self._recurrent_matrix, out=self._sums)
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


def build(config: GruConfig, weights: Mapping[str, Array], n_streams: int) -> RecurrentStepper:
    """A stepper over GRU layers."""
    return RecurrentStepper.build(config, weights, GruCell, n_streams)
