"""What all recurrent steppers share: the cells over their row, and the weights before and after them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import final

import numpy as np

from seqgen.config import EncoderConfig, RecurrentConfig, UnitName
from seqgen.inference.base import Array, Product, Shapes, State, Stepper, layer_weights, padded_before
from seqgen.inference.ngrams import NgramSums, ngram_shapes
from seqgen.inference.recurrent_cell import RecurrentCell
from seqgen.inference.recurrent_encoder import RecurrentEncoder, encoder_shapes
from seqgen.inference.row_products import RowProducts
from seqgen.inference.slots import StepperSlots
from seqgen.inference.source_attention import AttentionWeights, SourceAttention
from seqgen.inference.source_memory import SourceMemory


@final
class RecurrentWeights:
    """The weights of a whole model as its steps need them."""

    def __init__(
        self,
        config: RecurrentConfig,
        weights: Mapping[str, Array],
        cell: type[RecurrentCell],
        encoder: EncoderConfig | None,
    ) -> None:
        self.config = config
        self.multiply: Product = np.matmul
        self.cell = cell
        layers = [layer_weights(weights, f"layers.{number}.") for number in range(config.n_layer)]
        bias, matrix = np.split(cell.input_matrix(layers[0]), [1])
        table = (weights["embedding.weight"] @ matrix if config.d_embedding else matrix) + bias
        self.table = np.ascontiguousarray(table)  # over one-hot vectors, its rows would not lie together
        """The input sums of the first layer for every id that can be read, a row each."""
        self.ngrams = NgramSums.of(config, weights, n_streams=1, after=matrix)
        self.layers = [
            [np.ascontiguousarray(matrix) for matrix in cell.step_matrices(layer, number == 0)]
            for number, layer in enumerate(layers)
        ]
        output = weights["embedding.weight"] if config.tie_weights else weights["head.weight"]
        self.head = np.ascontiguousarray(np.vstack((weights["head.bias"], output.T)))  # (1+D, V)
        self.encoder = RecurrentEncoder(config, weights, cell, encoder) if encoder else None
        self.attention = AttentionWeights(weights) if encoder and encoder.attention else None

    def multiplied_by(self, multiply: Product) -> RecurrentWeights:
        """The same weights, by which rows are multiplied in another way."""
        others = copy.copy(self)
        others.multiply = multiply
        return others


@final
class _Layers:
    """The cells of B streams over their row and, after the first cell, the attention to the source if there is one."""

    def __init__(self, weights: RecurrentWeights, n_streams: int, held: Mapping[UnitName, float]) -> None:
        dtype, width, attention = weights.table.dtype, 1 + weights.config.d_model, weights.attention
        n_between = 0 if attention is None else attention.d_source + width
        row = np.zeros((n_streams, n_between + len(weights.layers) * width), dtype)
        row[:, 0] = row[:, n_between + width :: width] = 1
        ends = [width, *range(n_between + 2 * width, row.shape[1] + 1, width)]
        cells = [
            weights.cell(row[:, max(0, end - 2 * width) : end], matrices, weights.config, multiply=weights.multiply)
            for end, matrices in zip(ends, weights.layers, strict=True)
        ]
        self.steps = [_step_of(cell, number, held) for number, cell in enumerate(cells)]
        self.attention: SourceAttention | None = None
        if attention is not None:
            row[:, n_between] = 1
            self.attention = SourceAttention(row[:, :n_between], row[:, n_between + 1 : n_between + width], attention)
            self.steps.insert(1, self.attention.step)
        self.hidden = [array for cell in cells for array in cell.hidden]
        self.input_sums = cells[0].input_sums
        self.last = row[:, -width:]
        """What the output layer reads, a 1 first. (B, 1+D)"""
        self.logits = np.empty((n_streams, weights.head.shape[1]), dtype)

    @property
    def memory(self) -> SourceMemory | None:
        """What the streams attend to."""
        return self.attention and self.attention.memory

    def carry(self, hidden: Sequence[Array], memory: SourceMemory | None) -> None:
        """Continue from these values."""
        for array, value in zip(self.hidden, hidden, strict=True):
            array[:] = value
        if self.attention is not None:
            self.attention.memory, self.attention.latest = memory, None


def _step_of(cell: RecurrentCell, layer: int, held: Mapping[UnitName, float]) -> Callable[[], None]:
    """What advances a cell by one step, and then sets those of its units that are held."""
    units = [(unit, value) for unit, value in held.items() if unit.layer == layer]

    def step() -> None:
        cell.step()
        for unit, value in units:
            cell.set_unit(unit, value)

    return step if units else cell.step


@final
class RecurrentStepper(Stepper):
    """The cells over their row. A table of the first layer's input sums comes before them, the output layer after."""

    def __init__(self, weights: RecurrentWeights, n_streams: int) -> None:
        self._weights = weights
        self._held: dict[UnitName, float] = {}
        self._ngrams = weights.ngrams and weights.ngrams.fork(n_streams)
        self._layers = _Layers(weights, n_streams, self._held)

    def step(self, ids: Array) -> Array:
        self._advance(ids)
        return self._weights.multiply(self._layers.last, self._weights.head, out=self._layers.logits)

    def read(self, ids: Sequence[int]) -> Array:
        for token in ids[:-1]:
            self._advance(np.array([token]))
        return self.step(np.array(ids[-1:]))

    @property
    def reach(self) -> int | None:
        return None

    def _advance(self, ids: Array) -> None:
        """Read one id of each stream."""
        layers, weights = self._layers, self._weights
        # mode="clip" writes into `out` without a buffer; ids are in the table already.
        np.take(weights.table, ids, axis=0, out=layers.input_sums, mode="clip")
        if self._ngrams is not None:
            layers.input_sums += self._ngrams.read(ids[:, None])[:, 0]
        for step in layers.steps:
            step()

    def start(self, ids: Array, lengths: Array) -> None:
        encoder, attention = self._weights.encoder, self._weights.attention
        self._fit(len(ids))
        self._ngrams = self._ngrams and self._ngrams.anew(len(ids))
        if encoder is None:
            self._read_sources(ids, lengths)
            return
        outputs, hidden = encoder.read(ids, lengths)
        memory = None if attention is None else attention.memorise(outputs, lengths)
        self._layers.carry(np.split(hidden, len(self._layers.hidden), axis=1), memory)

    def _read_sources(self, ids: Array, lengths: Array) -> None:
        """Read sources that end together. Each stream forgets the padding that it has read before its source."""
        padded, begins = padded_before(ids, lengths)
        for time, column in enumerate(padded.T):
            rows = np.flatnonzero(begins == time)
            if len(rows):
                for array in self._layers.hidden:
                    array[rows] = 0
                if self._ngrams is not None:
                    self._ngrams.forget(rows)
            self._advance(self._weights.config.vocab_size + column)

    @property
    def source_attention(self) -> Array | None:
        return self._layers.attention and self._layers.attention.latest

    def fork(self, n_streams: int) -> RecurrentStepper:
        forked, memory = RecurrentStepper(self._weights, n_streams), self._layers.memory
        forked.hold(self._held)
        forked._layers.carry(self._layers.hidden, memory and memory.select(np.zeros(n_streams, np.int64)))
        forked._ngrams = self._ngrams and self._ngrams.fork(n_streams)
        return forked

    def select(self, rows: Array) -> None:
        hidden, memory = [array[rows] for array in self._layers.hidden], self._layers.memory
        self._fit(len(rows))
        self._layers.carry(hidden, memory and memory.select(rows))
        self._ngrams = self._ngrams and self._ngrams.select(rows)

    def _fit(self, n_streams: int) -> None:
        """Make room for this number of streams."""
        if n_streams != len(self._layers.logits):
            self._layers = _Layers(self._weights, n_streams, self._held)

    def hold(self, units: Mapping[UnitName, float]) -> None:
        self._held = dict(units)
        before = self._layers
        self._layers = _Layers(self._weights, len(before.logits), self._held)
        self._layers.carry(before.hidden, before.memory)

    def state(self) -> State:
        memory = () if self._layers.memory is None else self._layers.memory.state()
        past = () if self._ngrams is None else self._ngrams.state()
        return (*(array.copy() for array in self._layers.hidden), *memory, *past)

    def set_state(self, state: State) -> None:
        if self._ngrams is not None:
            self._ngrams.set_state(state[-1])
            state = state[:-1]
        n_hidden = len(self._layers.hidden)
        self._layers.carry(state[:n_hidden], SourceMemory.of(state[n_hidden:]))


def recurrent_slots(weights: RecurrentWeights, n_slots: int) -> StepperSlots:
    """Slots of recurrent layers."""
    shapes = [matrix.shape for layer in weights.layers for matrix in layer]
    multiply = RowProducts.of([*shapes, weights.head.shape], weights.head.dtype)
    return StepperSlots(partial(RecurrentStepper, weights.multiplied_by(multiply)), n_slots)


def recurrent_shapes(
    config: RecurrentConfig,
    encoder: EncoderConfig | None,
    layer_shapes: Callable[[int, int], Shapes],
    *,
    n_carried: int = 1,
) -> Shapes:
    """The shapes of all weights of a recurrent model.

    `layer_shapes(d_input, d_model)` gives those of one layer, by their names in the layer's torch module; `n_carried`
    is the number of arrays that a layer carries.
    """
    n_ids = config.vocab_size + config.source_vocab_size  # that can be read
    shapes: Shapes = {"head.bias": (config.vocab_size,)}
    if not config.tie_weights:
        shapes["head.weight"] = (config.vocab_size, config.d_model)
    if config.d_embedding:
        shapes["embedding.weight"] = (n_ids, config.d_embedding)
        shapes |= ngram_shapes(config, config.d_embedding)
    for number in range(config.n_layer):
        d_input = config.d_model if number else config.d_embedding or n_ids
        of_layer = layer_shapes(d_input, config.d_model)
        shapes |= {f"layers.{number}.{name}": shape for name, shape in of_layer.items()}
    if encoder is not None:
        shapes |= encoder_shapes(config, encoder, layer_shapes, n_carried=n_carried)
    return shapes
