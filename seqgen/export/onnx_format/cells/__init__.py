"""One step of each cell as operations of ONNX, a file a cell, held to the logits of the NumPy steppers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seqgen.config import Cell
from seqgen.export.onnx_format.cells import gru, lstm, mingru, rnn, transformer
from seqgen.export.onnx_format.graph import Graph, Value

__all__ = ["CELLS"]

CELLS: dict[Cell, Callable[[Graph, Any], Value]] = {
    "rnn": rnn.build,
    "lstm": lstm.build,
    "gru": gru.build,
    "mingru": mingru.build,
    "transformer": transformer.build,
}
"""What writes the step of each cell into a graph, from a config of its class, and returns the logits, (B, V)."""
