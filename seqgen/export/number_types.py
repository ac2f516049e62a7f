"""Weights in the number type of a file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from seqgen.errors import ConfigError

_LARGEST_LEVEL = 127


def in_type(name: str, weight: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """A weight in a number type.

    Raises:
        ConfigError: it is too large for this type.

    >>> import numpy as np
    >>> from seqgen.export.number_types import in_type
    >>> in_type("head.weight", np.array([1e6]), np.float16)
    Traceback (most recent call last):
    seqgen.errors.ConfigError: the weight head.weight is too large for float16: use --precision float32
    """
    with np.errstate(over="ignore"):  # infinite numbers are refused
        converted: NDArray[Any] = weight.astype(dtype)
    if not np.isfinite(converted).all():
        raise ConfigError(f"the weight {name} is too large for {np.dtype(dtype)}: use --precision float32")
    return converted


def in_eight_bits(name: str, matrix: NDArray[Any]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Whole numbers from -127 to 127, (N, K), and what 1 stands for in each row, (N,).

    Raises:
        ConfigError: a number is too large.

    >>> import numpy as np
    >>> from seqgen.export.number_types import in_eight_bits
    >>> levels, scales = in_eight_bits("head.weight", np.array([[1.0, -0.5], [0.0, 0.0]]))
    >>> levels.tolist(), scales.tolist()
    ([[127, -64], [0, 0]], [0.007874015718698502, 0.0])
    """
    exact = in_type(name, matrix, np.float32)
    scales: NDArray[np.float32] = np.abs(exact).max(axis=1) / np.float32(_LARGEST_LEVEL)
    levels = np.rint(exact / np.where(scales > 0, scales, 1)[:, None])
    return levels.astype(np.int8), scales
