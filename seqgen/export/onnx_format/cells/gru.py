"""One step of the gated recurrent unit as operations."""

from __future__ import annotations

from functools import partial

from seqgen.config import GruConfig
from seqgen.export.onnx_format.cells.recurrent import layers, sums_below, sums_of_own
from seqgen.export.onnx_format.graph import Graph, Value


def build(graph: Graph, config: GruConfig) -> Value:
    """The logits, (B, V)."""
    return layers(graph, config, partial(_layer, config=config))


def _layer(graph: Graph, x: Value, number: int, *, config: GruConfig) -> Value:
    """h' = n + u (h - n) with n = tanh(W x + b + r (U h + b')). The gates r and u are sigmoids of sums."""
    h = graph.carried(f"h_{number}", config.d_model)
    r_below, u_below, n_below = graph.split(sums_below(graph, x, number), 3)
    r_own, u_own, n_own = graph.split(sums_of_own(graph, h, number), 3)
    r, u = (graph.op("Sigmoid", graph.add(*sums)) for sums in ((r_below, r_own), (u_below, u_own)))
    n = graph.op("Tanh", graph.add(n_below, graph.mul(r, n_own)))
    return graph.carry(h, graph.add(n, graph.mul(u, graph.op("Sub", h, n))))
