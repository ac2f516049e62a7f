"""Weights as a page carries them: rounded to a number type, sorted by bytes and compressed."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.config import ExportPrecision
from seqgen.errors import ConfigError

Array = NDArray[Any]

_LARGEST_LEVEL = 127


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
        arrays, rounded[name] = _ROUND[of_tensor](weights[name].astype(np.float32))
        if not np.isfinite(rounded[name]).all():
            raise ConfigError(f"the weight {name} is too large for {precision}: use --precision float32")
        tensors.append({"name": name, "shape": list(weights[name].shape), "type": of_tensor})
        parts += map(_in_planes, arrays)
    return PackedWeights(tensors=tensors, data=zlib.compress(b"".join(parts), 9), rounded=rounded)


def _as_float32(weight: Array) -> tuple[list[Array], Array]:
    return [weight.astype("<f4")], weight


def _as_float16(weight: Array) -> tuple[list[Array], Array]:
    with np.errstate(over="ignore"):  # infinite numbers are refused afterwards
        halves = weight.astype("<f2")
    return [halves], halves.astype(np.float32)


def _as_int8(weight: Array) -> tuple[list[Array], Array]:
    """Whole numbers from -127 to 127, and a scale for each row."""
    scales = (np.abs(weight).max(axis=1) / _LARGEST_LEVEL).astype("<f4")
    levels = np.round(weight / np.where(scales > 0, scales, 1)[:, None]).astype(np.int8)
    return [scales, levels], levels * scales[:, None]


_ROUND: dict[ExportPrecision, Callable[[Array], tuple[list[Array], Array]]] = {
    "float32": _as_float32,
    "float16": _as_float16,
    "int8": _as_int8,
}


def _in_planes(array: Array) -> bytes:
    """The first bytes of all numbers, then their second bytes, and so on: alike beside alike compresses best."""
    return np.ascontiguousarray(array).view(np.uint8).reshape(array.size, -1).T.tobytes()
