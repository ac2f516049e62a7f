"""One step of Elman's network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

import numpy as np

from seqgen.config import RnnConfig
from seqgen.inference.base import Array
from seqgen.inference.recurrent import RecurrentCell, RecurrentStepper


class RnnCell(RecurrentCell):
    """h' = tanh(sums)."""

    def __init__(self, reads: Array, matrices: Sequence[Array]) -> None:
        self._reads = reads
        (self._matrix,) = matrices
        d_model = self._matrix.shape[1]
        self._is_first = reads.shape[1] == 1 + d_model
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
    return RecurrentStepper.build(config, weights, RnnCell if config.nonlinearity == "tanh" else ReluCell, n_streams)
