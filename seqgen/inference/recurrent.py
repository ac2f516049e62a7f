"""What all recurrent steppers share, and the contract of their cells."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import numpy as np

from seqgen.config import RecurrentConfig
from seqgen.inference.base import Array, Shapes, State, Stepper
from seqgen.inference.ngrams import NgramSums, ngram_shapes

LayerWeights = Mapping[str, Array]
"""The weights of one layer, by their names in the layer's torch module."""


class RecurrentCell(ABC):
    """One layer over B streams, one time step at a time.

    The outputs of all layers lie side by side in one row for each stream, with a 1 before each output:
    [1, h of layer 0, 1, h of layer 1, ...]. A layer reads a view of the row: the output of the layer below and its own
    output of the previous step, (B, 1+D + 1+D), and overwrites its own. The first layer has no layer below and sees
    its own output only, (B, 1+D).

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
    def __init__(self, reads: Array, matrices: Sequence[Array], config: Any) -> None:
        """A layer over a view of the row, with its `step_matrices` and the model's config."""

    @abstractmethod
    def step(self) -> None:
        """Advance by one step: read the input sums or the output below, and the own output; write the own output."""


@final
class RecurrentWeights:
    """The weights of a whole model as its steps need them."""

    def __init__(self, config: RecurrentConfig, weights: Mapping[str, Array], cell: type[RecurrentCell]) -> None:
        self.config = config
        self.cell = cell
        layers = [_of_layer(weights, number) for number in range(config.n_layer)]
        bias, matrix = np.split(cell.input_matrix(layers[0]), [1])
        self.table = (weights["embedding.weight"] @ matrix if config.d_embedding else matrix) + bias
        """The input sums of the first layer for every id, (V, G*D)."""
        self.ngrams = NgramSums.of(config, weights, n_streams=1, after=matrix)
        self.layers = [
            [np.ascontiguousarray(matrix) for matrix in cell.step_matrices(layer, number == 0)]
            for number, layer in enumerate(layers)
        ]
        output = weights["embedding.weight"] if config.tie_weights else weights["head.weight"]
        self.head = np.ascontiguousarray(np.vstack((weights["head.bias"], output.T)))  # (1+D, V)


@final
class RecurrentStepper(Stepper):
    """The cells over their row. A table of the first layer's input sums comes before them, the output layer after."""

    def __init__(self, weights: RecurrentWeights, n_streams: int) -> None:
        self._weights = weights
        self._ngrams = weights.ngrams and weights.ngrams.fork(n_streams)
        dtype, width = weights.table.dtype, 1 + weights.config.d_model
        row = np.zeros((n_streams, len(weights.layers) * width), dtype)
        row[:, ::width] = 1
        self._cells = [
            weights.cell(row[:, max(0, number - 1) * width : (number + 1) * width], matrices, weights.config)
            for number, matrices in enumerate(weights.layers)
        ]
        self._last = row[:, -width:]
        self._logits = np.empty((n_streams, weights.head.shape[1]), dtype)

    @classmethod
    def build(
        cls, config: RecurrentConfig, weights: Mapping[str, Array], cell: type[RecurrentCell], n_streams: int
    ) -> RecurrentStepper:
        """A stepper with the weights of the torch module."""
        return cls(RecurrentWeights(config, weights, cell), n_streams)

    def step(self, ids: Array) -> Array:
        # mode="clip" writes into `out` without a buffer; ids are below V already.
        np.take(self._weights.table, ids, axis=0, out=self._cells[0].input_sums, mode="clip")
        if self._ngrams is not None:
            self._cells[0].input_sums += self._ngrams.read(ids[:, None])[:, 0]
        for cell in self._cells:
            cell.step()
        return np.matmul(self._last, self._weights.head, out=self._logits)

    def fork(self, n_streams: int) -> RecurrentStepper:
        forked = RecurrentStepper(self._weights, n_streams)
        forked.set_state(self.state())
        return forked

    def state(self) -> State:
        hidden = tuple(array.copy() for cell in self._cells for array in cell.hidden)
        return hidden if self._ngrams is None else (*hidden, *self._ngrams.state())

    def set_state(self, state: State) -> None:
        if self._ngrams is not None:
            self._ngrams.set_state(state[-1])
            state = state[:-1]
        arrays = [array for cell in self._cells for array in cell.hidden]
        for array, value in zip(arrays, state, strict=True):
            array[:] = value


def _of_layer(weights: Mapping[str, Array], number: int) -> LayerWeights:
    prefix = f"layers.{number}."
    return {name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)}


def recurrent_shapes(config: RecurrentConfig, layer_shapes: Callable[[int, int], Shapes]) -> Shapes:
    """The shapes of all weights of a recurrent model.

    `layer_shapes(d_input, d_model)` gives those of one layer, by their names in the layer's torch module.
    """
    shapes: Shapes = {"head.bias": (config.vocab_size,)}
    if not config.tie_weights:
        shapes["head.weight"] = (config.vocab_size, config.d_model)
    if config.d_embedding:
        shapes["embedding.weight"] = (config.vocab_size, config.d_embedding)
        shapes |= ngram_shapes(config, config.d_embedding)
    for number in range(config.n_layer):
        d_input = config.d_model if number else config.d_embedding or config.vocab_size
        of_layer = layer_shapes(d_input, config.d_model)
        shapes |= {f"layers.{number}.{name}": shape for name, shape in of_layer.items()}
    return shapes
