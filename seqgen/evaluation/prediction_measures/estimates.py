"""A rate that was measured on some pairs, and its 95 % interval; a share of pairs comes from `seqgen.shares`."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from seqgen.shares import NORMAL, Estimate, share

__all__ = ["Estimate", "rate", "share"]


def rate(counts: NDArray[Any], sizes: NDArray[Any]) -> Estimate | None:
    """All counts together, divided by all sizes together: errors per character, for instance. None if all sizes are 0.

    The interval is that of a ratio of two means, linearised (Cochran 1977, section 6.4): a long pair counts for more,
    and the errors of one pair come together. Where nothing was counted, it would have no width; it then ends at that of
    a share of pairs that has no hit. A single pair says nothing about others.

    >>> import numpy as np
    >>> print(rate(np.array([1, 0, 2, 1]), np.array([10, 10, 10, 10])))
    10.0 % (2.0 to 18.0)
    """
    total, n_pairs = float(sizes.sum()), len(sizes)
    if not total:
        return None
    value = float(counts.sum()) / total
    if not counts.any():
        return Estimate(0.0, 0.0, share(0, n_pairs).high)
    if n_pairs == 1:
        return Estimate(value, 0.0, max(1.0, value))
    residuals = counts - value * sizes
    variance = float(residuals @ residuals) * n_pairs / (n_pairs - 1)
    plus_minus = NORMAL * math.sqrt(variance) / total
    return Estimate(value, max(0.0, value - plus_minus), value + plus_minus)
