"""Weights as a page carries them: rounded to a number type, sorted by bytes and compressed."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.config import ExportPrecision
from seqgen.export.number_types import in_eight_bits, in_type

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class PackedWeights:
    """All weights of a model in one number type."""

    tensors: list[dict[str, Any]]
    """Name, shape and number type of each, in the order of the bytes."""
    data: bytes
    rounded: dict[str, Array]
    """The numbers that a reader of the bytes gets."""


def pack_weights(weights: Mapping[str, Array], precision: ExportPrecision) -> PackedWeights:
    """Round weights and pack them. Vectors stay float32: they are small, and norms and biases need it.

    >>> packed = pack_weights({"head.weight": np.array([[1.0, -0.5]]), "head.bias": np.zeros(1)}, "int8")
    >>> [(tensor["name"], tensor["type"]) for tensor in packed.tensors], packed.rounded["head.weight"].round(2).tolist()
    ([('head.bias', 'float32'), ('head.weight', 'int8')], [[1.0, -0.5]])

    Raises:
        ConfigError: a weight is too large for the number type.
    """
    tensors: list[dict[str, Any]] = []
    parts: list[bytes] = []
    rounded: dict[str, Array] = {}
    for name in sorted(weights):
        of_tensor: ExportPrecision = precision if weights[name].ndim == 2 else "float32"
        arrays, rounded[name] = _ROUND[of_tensor](name, weights[name])
        tensors.append({"name": name, "shape": list(weights[name].shape), "type": of_tensor})
        parts += map(_in_planes, arrays)
    return PackedWeights(tensors=tensors, data=zlib.compress(b"".join(parts), 9), rounded=rounded)


def _as_float32(name: str, weight: Array) -> tuple[list[Array], Array]:
    whole = in_type(name, weight, "<f4")
    return [whole], whole


def _as_float16(name: str, weight: Array) -> tuple[list[Array], Array]:
    halves = in_type(name, weight, "<f2")
    return [halves], halves.astype(np.float32)


def _as_int8(name: str, weight: Array) -> tuple[list[Array], Array]:
    levels, scales = in_eight_bits(name, weight)
    return [scales.astype("<f4"), levels], levels * scales[:, None]


_ROUND: dict[ExportPrecision, Callable[[str, Array], tuple[list[Array], Array]]] = {
    "float32": _as_float32,
    "float16": _as_float16,
    "int8": _as_int8,
}


def _in_planes(array: Array) -> bytes:
    """The first bytes of all numbers, then their second bytes, and so on: alike beside alike compresses best."""
    return np.ascontiguousarray(array).view(np.uint8).reshape(array.size, -1).T.tobytes()
