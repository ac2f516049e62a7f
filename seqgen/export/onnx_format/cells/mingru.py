"""One step of the minimal gated recurrent unit as operations."""

from __future__ import annotations

from functools import partial

from seqgen.config import MinGruConfig
from seqgen.export.onnx_format.cells.recurrent import layers
from seqgen.export.onnx_format.graph import Graph, Value


def build(graph: Graph, config: MinGruConfig) -> Value:
    """The logits, (B, V)."""
    return layers(graph, config, partial(_layer, config=config))


def _layer(graph: Graph, x: Value, number: int, *, config: MinGruConfig) -> Value:
    """h' = h + z (c - h), where the sigmoid z and the candidate c depend on the input alone."""
    h = graph.carried(f"h_{number}", config.d_model)
    z, c = graph.split(graph.linear(x, f"layers.{number}.gates.weight", f"layers.{number}.gates.bias"), 2)
    return graph.carry(h, graph.add(h, graph.mul(graph.op("Sigmoid", z), graph.op("Sub", c, h))))
