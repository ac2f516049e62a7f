"""What all recurrent graphs share: the embedding before their layers, and the output layer after them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from seqgen.config import RecurrentConfig
from seqgen.export.onnx_format.cells.ngrams import with_ngrams
from seqgen.export.onnx_format.graph import Graph, Value

Layer = Callable[[Graph, Value, int], Value]
"""One step of the layer with a number: from the output below, (B, E), to its own output, (B, D)."""


def layers(graph: Graph, config: RecurrentConfig, layer: Layer) -> Value:
    """The logits of a model of such layers, (B, V)."""
    x = _embedded(graph, config)
    for number in range(config.n_layer):
        x = layer(graph, x, number)
    return graph.linear(x, "embedding.weight" if config.tie_weights else "head.weight", "head.bias")


def _embedded(graph: Graph, config: RecurrentConfig) -> Value:
    """What the first layer reads, (B, E)."""
    if config.d_embedding:
        return with_ngrams(graph, graph.op("Gather", graph.weight("embedding.weight"), graph.ids, axis=0), config)
    ids = graph.op("Unsqueeze", graph.ids, graph.integers([1], np.int64))
    return graph.cast(graph.op("Equal", ids, graph.integers(range(config.vocab_size))), np.float32)  # one-hot, (B, V)


def sums_below(graph: Graph, x: Value, number: int) -> Value:
    """What a layer of torch adds up of the output below, (B, G*D)."""
    return graph.linear(x, f"layers.{number}.cell.weight_ih_l0", f"layers.{number}.cell.bias_ih_l0")


def sums_of_own(graph: Graph, h: Value, number: int) -> Value:
    """What a layer of torch adds up of its own output of the step before, (B, G*D)."""
    return graph.linear(h, f"layers.{number}.cell.weight_hh_l0", f"layers.{number}.cell.bias_hh_l0")
