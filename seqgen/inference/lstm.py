"""One step of long short-term memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

import numpy as np

from seqgen.config import LstmConfig
from seqgen.inference.base import Array
from seqgen.inference.recurrent import RecurrentCell, RecurrentStepper


@final
class LstmCell(RecurrentCell):
    """c' = i g + f c and h' = o tanh(c'), the gates o, i, f sigmoids and g a tanh of sums.

    Since sigmoid(z) = (1 + tanh(z/2)) / 2, the sigmoids' sums are halved once, in the weights, and one tanh serves
    all four gates. They and c lie side by side, so that one product gives i g and f c.
    """

    def __init__(self, reads: Array, matrices: Sequence[Array]) -> None:
        self._reads = reads
        (self._matrix,) = matrices
        n_streams, d_model = len(reads), self._matrix.shape[1] // 4
        self._is_first = reads.shape[1] == 1 + d_model
        self.input_sums = np.empty((n_streams, 4 * d_model), reads.dtype)
        gates_and_c = np.zeros((n_streams, 5 * d_model), reads.dtype)  # o, i, f, g, c
        self._gates, self._c = np.split(gates_and_c, [4 * d_model], axis=1)  # views
        self._sigmoids, self._g_c = np.split(gates_and_c, [3 * d_model], axis=1)
        self._o, self._i_f = np.split(self._sigmoids, [d_model], axis=1)
        self._terms = np.empty((n_streams, 2 * d_model), reads.dtype)
        self._i_g, self._f_c = np.split(self._terms, 2, axis=1)
        self._h = reads[:, -d_model:]
        self.hidden = (self._h, self._c)

    @staticmethod
    def arrange(matrix: Array) -> Array:
        i, f, g, o = np.split(matrix, 4, axis=1)
        return np.hstack((o * 0.5, i * 0.5, f * 0.5, g))

    def step(self) -> None:
        gates, sigmoids, c, h = self._gates, self._sigmoids, self._c, self._h
        np.matmul(self._reads, self._matrix, out=gates)
        if self._is_first:
            gates += self.input_sums
        np.tanh(gates, out=gates)
        sigmoids *= 0.5
        sigmoids += 0.5
        np.multiply(self._i_f, self._g_c, out=self._terms)
        np.add(self._i_g, self._f_c, out=c)
        np.tanh(c, out=h)
        h *= self._o


def build(config: LstmConfig, weights: Mapping[str, Array], n_streams: int) -> RecurrentStepper:
    """A stepper over LSTM layers."""
    return RecurrentStepper.build(config, weights, LstmCell, n_streams)
