"""One step of Elman's network as operations."""

from __future__ import annotations

from functools import partial

from seqgen.config import RnnConfig
from seqgen.export.onnx_format.cells.recurrent import layers, sums_below, sums_of_own
from seqgen.export.onnx_format.graph import Graph, Value

_ACTIVATIONS = {"tanh": "Tanh", "relu": "Relu"}


def build(graph: Graph, config: RnnConfig) -> Value:
    """The logits, (B, V)."""
    return layers(graph, config, partial(_layer, config=config))


def _layer(graph: Graph, x: Value, number: int, *, config: RnnConfig) -> Value:
    """h' = tanh(W x + b + U h + b'), or relu in place of tanh."""
    h = graph.carried(f"h_{number}", config.d_model)
    sums = graph.add(sums_below(graph, x, number), sums_of_own(graph, h, number))
    return graph.carry(h, graph.op(_ACTIVATIONS[config.nonlinearity], sums))
