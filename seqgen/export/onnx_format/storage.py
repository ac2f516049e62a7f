"""In how many bits a graph stores its weights. It computes in float32 whatever they are stored in."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from seqgen.config import ExportPrecision
from seqgen.export.number_types import in_eight_bits, in_type
from seqgen.export.onnx_format.graph import Array, Graph, Value


def _whole(graph: Graph, name: str, array: Array) -> Value:
    return graph.constant(in_type(name, array, np.float32), name=name)


def _half(graph: Graph, name: str, array: Array) -> Value:
    return graph.cast(graph.constant(in_type(name, array, np.float16), dtype=np.float16, name=name), np.float32)


def _eight_bits(graph: Graph, name: str, array: Array) -> Value:
    """Whole numbers up to 127, and for each row of a matrix what 1 stands for."""
    if array.ndim != 2:
        return _whole(graph, name, array)
    levels, scales = in_eight_bits(name, array)
    stored = graph.cast(graph.constant(levels, dtype=np.int8, name=name), np.float32)
    return graph.mul(stored, graph.constant(scales[:, None], name=f"{name}.scales"))


STORAGES: dict[ExportPrecision, Callable[[Graph, str, Array], Value]] = {
    "float32": _whole,
    "float16": _half,
    "int8": _eight_bits,
}
"""What stores a weight and returns it in float32. Engines compute that once, when they open the file."""
