"""The loss of a model by the length of the context that it is given, and how far back the model looks by that."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seqgen.intervals import half_width

Beyond = Literal["nothing", "shuffled", "replaced"]
"""What stands before the given tokens."""
_GAIN_REACHED = 0.99
"""The share of the gain from the shortest to the longest context at which a model is said to look no farther back."""


@dataclass(frozen=True)
class LookBack:
    """How many tokens back a model looks, and the ends of the 95 % interval."""

    tokens: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, eq=False)
class MemoryCurve:
    """The loss given contexts of several lengths. K lengths, P passages.

    >>> curve = MemoryCurve(beyond="nothing", lengths=(1, 2, 4), bits=np.array([[3.0] * 20, [2.0] * 20, [2.0] * 20]))
    >>> curve.means, [round(width, 6) for width in curve.plus_minus]
    ([3.0, 2.0, 2.0], [0.0, 0.0, 0.0])
    >>> round(curve.looks_back().tokens, 2)  # 99 % of the gain is reached just below 2 tokens
    1.99
    """

    beyond: Beyond
    lengths: tuple[int, ...]
    """In tokens, ascending."""
    bits: NDArray[np.float64]
    """Bits per unit of each passage, (K, P). Their mean over the passages is that of the text."""

    @property
    def means(self) -> list[float]:
        return [float(mean) for mean in self.bits.mean(axis=1)]

    @property
    def plus_minus(self) -> list[float]:
        """Half the width of the 95 % interval of the difference to the longest context, passage by passage.

        What makes a passage hard is in both, and cancels.
        """
        return [half_width(of_length - self.bits[-1]) for of_length in self.bits]

    def looks_back(self) -> LookBack | None:
        """The shortest context that brings 99 % of what the longest one gains over the shortest.

        None if it is not certain that there is a gain.
        """
        means, widths = np.array(self.means), np.array(self.plus_minus)
        gain = means[0] - means[-1]
        if gain <= widths[0]:
            return None
        missing, error = (means - means[-1]) / gain, widths / gain
        return LookBack(*(self._where(values) for values in (missing, missing - error, missing + error)))

    def _where(self, missing: NDArray[np.float64]) -> float:
        """The context from which on hardly anything is missing, between two lengths by their logarithms."""
        few = 1 - _GAIN_REACHED
        number = int(np.argmax(missing <= few + 1e-12))
        if not number:
            return float(self.lengths[0])
        before, after = missing[number - 1], missing[number]
        share = (before - few) / (before - after)
        low, high = (math.log2(length) for length in self.lengths[number - 1 : number + 1])
        return float(2 ** (low + min(1.0, share) * (high - low)))
