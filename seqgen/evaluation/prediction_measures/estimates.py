"""A share or a rate that was measured on some pairs, and its 95 % interval.

Pairs are taken to be independent of each other, as the blocks of one text are not: `seqgen.intervals` is for those.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

_NORMAL = 1.959964
"""The 97.5 % quantile of the normal distribution."""


@dataclass(frozen=True)
class Estimate:
    """A number between 0 and 1 in most cases, and the ends of its 95 % interval. `str()` of it is in per cent.

    >>> print(Estimate(0.761, 0.7344, 0.7857))
    76.1 % (73.4 to 78.6)
    """

    value: float
    low: float
    high: float

    def to_json(self, name: str) -> dict[str, float]:
        """The three numbers under the names of a report.

        >>> Estimate(0.5, 0.25, 0.75).to_json("accuracy")
        {'accuracy': 0.5, 'accuracy_low': 0.25, 'accuracy_high': 0.75}
        """
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} % ({100 * self.low:.1f} to {100 * self.high:.1f})"


def share(n_hits: int, n_pairs: int) -> Estimate:
    """The share of pairs that are hits, with Wilson's score interval (Wilson 1927).

    >>> print(share(1, 1)), print(share(50, 100))
    100.0 % (20.7 to 100.0)
    50.0 % (40.4 to 59.6)
    (None, None)
    """
    assert 0 <= n_hits <= n_pairs > 0
    value, shrink = n_hits / n_pairs, _NORMAL**2 / n_pairs
    centre = (value + shrink / 2) / (1 + shrink)
    spread = math.sqrt(value * (1 - value) * shrink + shrink**2 / 4) / (1 + shrink)
    low = 0.0 if n_hits == 0 else centre - spread  # these two are exact but for rounding
    high = 1.0 if n_hits == n_pairs else centre + spread
    return Estimate(value, low, high)


def rate(counts: NDArray[Any], sizes: NDArray[Any]) -> Estimate | None:
    """All counts together, divided by all sizes together: errors per character, for instance. None if all sizes are 0.

    The interval is that of a ratio of two means, linearised (Cochran 1977, section 6.4): a long pair counts for more,
    and the errors of one pair come together. Where nothing was counted, it would have no width; it then ends at that of
    a share of pairs that has no hit.

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
    residuals = counts - value * sizes
    variance = float(residuals @ residuals) * n_pairs / max(1, n_pairs - 1)
    plus_minus = _NORMAL * math.sqrt(variance) / total
    return Estimate(value, max(0.0, value - plus_minus), value + plus_minus)
