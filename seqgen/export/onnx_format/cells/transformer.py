"""One step of the Transformer as operations. The last `memory` keys and values of each block are its state."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from seqgen.config import TransformerConfig
from seqgen.export.onnx_format.cells.ngrams import with_ngrams
from seqgen.export.onnx_format.graph import Graph, Value
from seqgen.inference.transformer_block import frequencies


class _Position(NamedTuple):
    """What the position of each text decides, the same in all blocks."""

    cosine: Value
    sine: Value
    """(B, 1, 1, K/2)."""
    penalty: Value
    """What is added to scores, (B, 1, 1, memory): minus infinity where nothing has been read yet."""


def build(graph: Graph, config: TransformerConfig) -> Value:
    """The logits, (B, V)."""
    x = with_ngrams(graph, graph.op("Gather", graph.weight("embedding.weight"), graph.ids, axis=0), config)
    position = graph.carried("position", dtype=np.int32)
    at = _at(graph, position, config)
    for number in range(config.n_layer):
        x = graph.add(x, _attention(graph, x, number, config=config, at=at))
        x = graph.add(x, _feed_forward(graph, x, f"blocks.{number}", config=config))
    graph.carry(position, graph.add(position, graph.integers(1)))
    head = "embedding.weight" if config.tie_weights else "head.weight"
    return graph.linear(_normed(graph, x, "norm.weight", config=config), head)


def _at(graph: Graph, position: Value, config: TransformerConfig) -> _Position:
    """Positions grow without end, so the angles are float64 until whole turns are taken from them."""
    place = graph.op("Unsqueeze", position, graph.integers([1, 2, 3], np.int64))  # (B, 1, 1, 1)
    angles = graph.mul(graph.cast(place, np.float64), graph.constant(frequencies(config), dtype=np.float64))
    turn = graph.op("Mod", angles, graph.constant(2 * math.pi, dtype=np.float64), fmod=1)
    angle = graph.cast(turn, np.float32)
    ages = graph.integers(range(config.memory - 1, -1, -1))
    is_seen = graph.op("GreaterOrEqual", place, ages)
    penalty = graph.op("Where", is_seen, graph.constant(0.0), graph.constant(-np.inf))
    return _Position(graph.op("Cos", angle), graph.op("Sin", angle), penalty)


def _attention(graph: Graph, x: Value, number: int, *, config: TransformerConfig, at: _Position) -> Value:
    """Each head reads the values of this position and the `memory - 1` before it: (B, D) -> (B, D)."""
    name = f"blocks.{number}.attention"
    normed = _normed(graph, x, f"{name}_norm.weight", config=config)
    query, key, value = (_heads(graph, graph.linear(normed, f"{name}.{part}.weight"), config) for part in _PARTS)
    query = _turned(graph, _normed(graph, query, f"{name}.query_norm.weight", config=config), at)
    key = _turned(graph, _normed(graph, key, f"{name}.key_norm.weight", config=config), at)
    keys = _remembered(graph, f"keys_{number}", key, config=config)  # (B, H, memory, K)
    values = _remembered(graph, f"values_{number}", value, config=config)
    scores = graph.op("MatMul", query, graph.op("Transpose", keys, perm=[0, 1, 3, 2]))  # (B, H, 1, memory)
    scores = graph.add(graph.mul(scores, graph.constant(config.d_head**-0.5)), at.penalty)
    attended = graph.op("MatMul", graph.op("Softmax", scores, axis=-1), values)  # (B, H, 1, K)
    row = graph.op("Reshape", attended, graph.integers([0, config.n_head * config.d_head], np.int64))
    return graph.linear(row, f"{name}.out.weight")


_PARTS = ("query", "key", "value")


def _heads(graph: Graph, row: Value, config: TransformerConfig) -> Value:
    """(B, HK) -> (B, H, 1, K)."""
    return graph.op("Reshape", row, graph.integers([0, config.n_head, 1, config.d_head], np.int64))


def _remembered(graph: Graph, name: str, latest: Value, *, config: TransformerConfig) -> Value:
    """The state without its oldest position, and the latest one after it: (B, H, 1, K) -> (B, H, memory, K)."""
    past = graph.carried(name, config.n_head, config.memory, config.d_head)
    rest = graph.op("Slice", past, *(graph.integers([number], np.int64) for number in (1, config.memory, 2)))
    return graph.carry(name, graph.op("Concat", rest, latest, axis=2))


def _turned(graph: Graph, x: Value, at: _Position) -> Value:
    """Turn each pair (x[i], x[i + K/2]) by the angle of its position."""
    first, second = graph.split(x, 2)
    turned_first = graph.op("Sub", graph.mul(first, at.cosine), graph.mul(second, at.sine))
    turned_second = graph.add(graph.mul(second, at.cosine), graph.mul(first, at.sine))
    return graph.op("Concat", turned_first, turned_second, axis=-1)


def _feed_forward(graph: Graph, x: Value, block: str, *, config: TransformerConfig) -> Value:
    """A gated layer for each position by itself: (B, D) -> (B, D)."""
    normed = _normed(graph, x, f"{block}.mlp_norm.weight", config=config)
    gate, up = (graph.linear(normed, f"{block}.mlp.{part}.weight") for part in ("gate", "up"))
    swish = graph.mul(gate, graph.op("Sigmoid", gate))
    return graph.linear(graph.mul(swish, up), f"{block}.mlp.down.weight")


def _normed(graph: Graph, x: Value, weight: str, *, config: TransformerConfig) -> Value:
    """RMSNorm over the last axis."""
    mean = graph.op("ReduceMean", graph.mul(x, x), axes=[-1], keepdims=1)
    length = graph.op("Sqrt", graph.add(mean, graph.constant(config.norm_epsilon)))
    return graph.mul(graph.op("Div", x, length), graph.weight(weight))
