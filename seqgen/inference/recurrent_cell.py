"""The contract of recurrent cells: one layer over B streams, one time step at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seqgen.config import UnitName
from seqgen.inference.base import Array, Product

LayerWeights = Mapping[str, Array]
"""The weights of one layer, by their names in the layer's torch module."""


class RecurrentCell(ABC):
    """One layer over B streams, one time step at a time.

    The outputs of all layers lie side by side in one row for each stream, with a 1 before each output:
    [1, h of layer 0, 1, h of layer 1, ...]. A layer reads a view of the row: the output of the layer below and its own
    output of the previous step, (B, 1+D + 1+D), and overwrites its own. The first layer has no layer below and sees
    its own output only, (B, 1+D).

    Where the decoder attends to a source, the context that it reads there and the attended output lie between the first
    two layers: [1, h of layer 0, context, 1, attended, 1, h of layer 1, ...].

    The 1 multiplies the bias, which is the first row of a matrix. So one matrix multiplication can take care of the
    output below, the own output and both biases. Few large multiplications are faster than many small ones.
    """

    input_sums: Array
    """The input matrix applied to the ids, (B, G*D). Only the first layer uses it; the stepper fills it before every
    step. The other layers read the output of the layer below."""
    hidden: tuple[Array, ...]
    """What the layer carries, (B, D) each, changed in place. The output comes first."""

    @staticmethod
    @abstractmethod
    def input_matrix(weights: LayerWeights) -> Array:
        """The matrix from the layer's input to its input sums, (1+E, G*D), the bias as its first row."""

    @staticmethod
    @abstractmethod
    def step_matrices(weights: LayerWeights, is_first: bool) -> Sequence[Array]:
        """The matrices that every step multiplies. All forks of a stepper share them."""

    @abstractmethod
    def __init__(self, reads: Array, matrices: Sequence[Array], config: Any, *, multiply: Product = np.matmul) -> None:
        """A layer over a view of the row, with its `step_matrices` and the model's config.

        `multiply` is what multiplies the rows by a matrix.
        """

    @abstractmethod
    def step(self) -> None:
        """Advance by one step: read the input sums or the output below, and the own output; write the own output."""

    @abstractmethod
    def set_unit(self, unit: UnitName, value: float) -> None:
        """Set a unit of the layer, and what the layer's output shows of it, after a step."""
