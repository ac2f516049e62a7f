"""Weights in the number type of a file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from seqgen.errors import ConfigError


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
