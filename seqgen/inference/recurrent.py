"""The frame that the three recurrent steppers share, and the contract of their cells."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import final

import numpy as np

from seqgen.config import RecurrentConfig
from seqgen.inference.base import Array, State, Stepper, lay_out


class RecurrentCell(ABC):
    """One layer of one kind, over B streams, one time step at a time.

    `input_weight` (d_input, G*D) and `input_bias` (G*D,), G the number of gates, turn what the layer
    reads into `products`. They stand outside the step because in the first layer they become a table.
    """

    input_weight: Array
    input_bias: Array
    hidden: tuple[Array, ...]
    """What is carried, (B, D) each, changed in place; the output comes first."""

    @abstractmethod
    def step(self, products: Array) -> Array:
        """From input products (B, G*D) to the layer's output (B, D), which is its own array."""


@final
class RecurrentStepper(Stepper):
    """Embedding, cells and output layer; embedding times first input matrix is a table of V rows."""

    def __init__(
        self, config: RecurrentConfig, weights: Mapping[str, Array], cells: Sequence[RecurrentCell], n_streams: int
    ) -> None:
        first = cells[0]
        products = weights["embedding.weight"] @ first.input_weight if config.d_embedding else first.input_weight
        self._table = products + first.input_bias  # (V, G*D)
        self._cells = cells
        tied = weights["embedding.weight"] if config.tie_weights else weights["head.weight"]
        self._head = lay_out(tied.T, n_streams)  # (D, V)
        self._head_bias = weights["head.bias"]
        dtype = self._table.dtype
        self._products = [np.empty((n_streams, len(cell.input_bias)), dtype) for cell in cells]
        self._logits = np.empty((n_streams, config.vocab_size), dtype)

    def step(self, ids: Array) -> Array:
        products = np.take(self._table, ids, axis=0, out=self._products[0], mode="clip")  # (B, G*D)
        x = self._cells[0].step(products)
        for cell, products in zip(self._cells[1:], self._products[1:], strict=True):
            np.matmul(x, cell.input_weight, out=products)
            products += cell.input_bias
            x = cell.step(products)  # (B, D)
        np.matmul(x, self._head, out=self._logits)
        self._logits += self._head_bias
        return self._logits

    def state(self) -> State:
        return tuple(array.copy() for cell in self._cells for array in cell.hidden)

    def set_state(self, state: State) -> None:
        own = [array for cell in self._cells for array in cell.hidden]
        for array, value in zip(own, state, strict=True):
            array[:] = value


def layers_of(config: RecurrentConfig, weights: Mapping[str, Array]) -> list[dict[str, Array]]:
    """The weights of each layer under their own names."""
    prefixes = [f"layers.{number}.cell." for number in range(config.n_layer)]
    return [
        {name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)}
        for prefix in prefixes
    ]
