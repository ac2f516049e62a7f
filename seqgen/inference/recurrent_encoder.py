"""A recurrent encoder in NumPy: a whole batch of sources at once, one time step after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import final

import numpy as np

from seqgen.config import EncoderConfig, RecurrentConfig
from seqgen.inference.base import Array, Shapes, layer_weights
from seqgen.inference.recurrent_cell import RecurrentCell

_WAYS = {"forward": ("ahead",), "bidirectional": ("ahead", "back")}
"""The names of the parts of a layer, by direction."""


@final
class RecurrentEncoder:
    """A stack of layers over a source, from its beginning or from both ends, and the map from it to the decoder.

    Padding comes last whichever end a layer begins at, so it is never read before a source. What is written there is
    not defined.
    """

    def __init__(
        self, config: RecurrentConfig, weights: Mapping[str, Array], cell: type[RecurrentCell], encoder: EncoderConfig
    ) -> None:
        ways = _WAYS[encoder.direction]
        self._width = encoder.d_model // len(ways)
        self._embedding = weights["encoder.embedding.weight"]
        of_layer = replace(config, d_model=self._width, tie_weights=False)
        self._layers = [
            [_Way(of_layer, weights, cell, f"encoder.layers.{number}.{way}.") for way in ways]
            for number in range(encoder.n_layer)
        ]
        self._bridge = np.ascontiguousarray(weights["bridge.weight"].T)
        self._bridge_bias = weights["bridge.bias"]

    def read(self, ids: Array, lengths: Array) -> tuple[Array, Array]:
        """Read sources (B, S). Returns what the last layer writes, (B, S, D), and the decoder's first hidden state.

        That state is all tensors of all its layers side by side.
        """
        n_streams, n_time = ids.shape
        streams, times = np.arange(n_streams), np.arange(n_time)[:, None]
        reversed_times = np.where(times < lengths, lengths - 1 - times, times)  # (S, B)
        used, places = np.unique(ids.T, return_inverse=True)
        x, places = self._embedding[used], places.reshape(n_time, n_streams)
        for layer in self._layers:
            ahead = layer[0].read(x, places)
            sides = [ahead]
            for way in layer[1:]:
                back = way.read(x, places[reversed_times, streams])
                sides.append(back[reversed_times, streams])
            output = np.concatenate(sides, axis=2)  # (S, B, D)
            x = output.reshape(n_time * n_streams, -1)
            places = np.arange(len(x)).reshape(n_time, n_streams)
        summary = np.hstack([output[lengths - 1, streams, : self._width], output[0, :, self._width :]])
        hidden: Array = np.tanh(summary @ self._bridge + self._bridge_bias)
        return np.ascontiguousarray(output.swapaxes(0, 1)), hidden


@final
class _Way:
    """One layer that reads from one end to the other: a cell whose input sums are all computed beforehand."""

    def __init__(
        self, config: RecurrentConfig, weights: Mapping[str, Array], cell: type[RecurrentCell], prefix: str
    ) -> None:
        of_layer = layer_weights(weights, prefix)
        self._config = config
        self._cell = cell
        self._bias, self._input_matrix = np.split(cell.input_matrix(of_layer), [1])
        self._matrices = [np.ascontiguousarray(matrix) for matrix in cell.step_matrices(of_layer, True)]

    def read(self, x: Array, places: Array) -> Array:
        """The outputs, (S, B, D), for the rows of x, (N, E), that stand at these places, (S, B)."""
        n_time, n_streams = places.shape
        table = x @ self._input_matrix + self._bias  # (N, G*D)
        row = np.zeros((n_streams, 1 + self._config.d_model), x.dtype)
        row[:, 0] = 1
        cell = self._cell(row, self._matrices, self._config)
        outputs = np.empty((n_time, n_streams, self._config.d_model), x.dtype)
        for time in range(n_time):
            np.take(table, places[time], axis=0, out=cell.input_sums, mode="clip")
            cell.step()
            outputs[time] = cell.hidden[0]
        return outputs


def encoder_shapes(
    config: RecurrentConfig, encoder: EncoderConfig, layer_shapes: Callable[[int, int], Shapes], *, n_carried: int
) -> Shapes:
    """The shapes of the weights of an encoder, of the bridge, and of the attention to what the encoder writes.

    >>> from seqgen.config import GruConfig
    >>> config = GruConfig(vocab_size=9, n_layer=2, d_model=8, d_embedding=4, dropout=0.0, input_dropout=0.0)
    >>> encoder = EncoderConfig(vocab_size=7, n_layer=1, d_model=6, dropout=0.0, attention=False)
    >>> encoder_shapes(config, encoder, lambda d_input, d_model: {"u": (d_model, d_input)}, n_carried=1)
    {'encoder.embedding.weight': (7, 6), 'bridge.weight': (16, 6), 'bridge.bias': (16,), 'encoder.layers.0.ahead.u': \
(3, 6), 'encoder.layers.0.back.u': (3, 6)}
    """
    d_source, d_model, n_tensors = encoder.d_model, config.d_model, n_carried * config.n_layer
    shapes: Shapes = {
        "encoder.embedding.weight": (encoder.vocab_size, d_source),
        "bridge.weight": (n_tensors * d_model, d_source),
        "bridge.bias": (n_tensors * d_model,),
    }
    if encoder.attention:
        shapes |= {
            "attention.query.weight": (d_source, d_model),
            "attention.key.weight": (d_source, d_source),
            "attention.out.weight": (d_model, d_model + d_source),
            "attention.out.bias": (d_model,),
        }
    for prefix in _prefixes(encoder):
        of_layer = layer_shapes(d_source, d_source // len(_WAYS[encoder.direction]))
        shapes |= {f"{prefix}{name}": shape for name, shape in of_layer.items()}
    return shapes


def _prefixes(encoder: EncoderConfig) -> Iterator[str]:
    for number in range(encoder.n_layer):
        yield from (f"encoder.layers.{number}.{way}." for way in _WAYS[encoder.direction])
