"""A share or a rate that was measured on independent cases, and its 95 % interval.

`seqgen.intervals` is for the blocks of one text, which depend on each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

NORMAL = 1.959964
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


def share(n_hits: int, n_cases: int) -> Estimate:
    """The share of cases that are hits, with Wilson's score interval (Wilson 1927).

    >>> print(share(1, 1)), print(share(50, 100))
    100.0 % (20.7 to 100.0)
    50.0 % (40.4 to 59.6)
    (None, None)
    """
    assert 0 <= n_hits <= n_cases > 0
    value, shrink = n_hits / n_cases, NORMAL**2 / n_cases
    centre = (value + shrink / 2) / (1 + shrink)
    spread = math.sqrt(value * (1 - value) * shrink + shrink**2 / 4) / (1 + shrink)
    low = 0.0 if n_hits == 0 else centre - spread  # these two are exact but for rounding
    high = 1.0 if n_hits == n_cases else centre + spread
    return Estimate(value, low, high)
