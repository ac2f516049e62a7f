"""One step of Elman's network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import numpy as np

from seqgen.config import RnnConfig
from seqgen.inference.base import Array
from seqgen.inference.recurrent import RecurrentCell, RecurrentStepper, joined


class RnnCell(RecurrentCell):
    """h' = tanh(sums)."""

    def __init__(self, reads: Array, input_matrix: Array | None, recurrent_matrix: Array) -> None:
        self._reads = reads
        self._matrix = joined(input_matrix, recurrent_matrix)
        self._is_first = input_matrix is None
        d_model = recurrent_matrix.shape[1]
        self.input_sums = np.empty((len(reads), d_model), reads.dtype)
        self._sums = np.empty_like(self.input_sums)
        self._h = reads[:, -d_model:]
        self.hidden = (self._h,)

    @staticmethod
    def arrange(matrix: Array) -> Array:
        return matrix

    def step(self) -> None:
        np.matmul(self._reads, self._matrix, out=self._sums)
        if self._is_first:
            self._sums += self.input_sums
        self._activate()

    def _activate(self) -> None:
        np.tanh(self._sums, out=self._h)


@final
class ReluCell(RnnCell):
    """h' = relu(sums)."""

    def _activate(self) -> None:
        np.maximum(self._sums, 0, out=self._h)


def build(config: RnnConfig, weights: Mapping[str, Array], n_streams: int) -> RecurrentStepper:
    """A stepper over RNN layers."""
    return RecurrentStepper(config, weights, RnnCell if config.nonlinearity == "tanh" else ReluCell, n_streams)
