"""One step of long short-term memory as operations."""

from __future__ import annotations

from functools import partial

from seqgen.config import LstmConfig
from seqgen.export.onnx_format.cells.recurrent import layers, sums_below, sums_of_own
from seqgen.export.onnx_format.graph import Graph, Value


def build(graph: Graph, config: LstmConfig) -> Value:
    """The logits, (B, V)."""
    return layers(graph, config, partial(_layer, config=config))


def _layer(graph: Graph, x: Value, number: int, *, config: LstmConfig) -> Value:
    """c' = i g + f c and h' = o tanh(c'). The gates i, f and o are sigmoids of sums, g is the tanh of one."""
    h, c = graph.carried(f"h_{number}", config.d_model), graph.carried(f"c_{number}", config.d_model)
    i, f, g, o = graph.split(graph.add(sums_below(graph, x, number), sums_of_own(graph, h, number)), 4)
    new = graph.mul(graph.op("Sigmoid", i), graph.op("Tanh", g))
    c_after = graph.carry(c, graph.add(new, graph.mul(graph.op("Sigmoid", f), c)))
    return graph.carry(h, graph.mul(graph.op("Sigmoid", o), graph.op("Tanh", c_after)))
