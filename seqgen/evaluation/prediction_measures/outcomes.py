"""What became of each pair under one model: what every accuracy, error rate and comparison is computed from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seqgen.evaluation.prediction_measures.estimates import Estimate, rate, share

Measure = Literal["accuracy", "exact match", "character error rate", "word error rate"]
ERROR_RATES: frozenset[Measure] = frozenset({"character error rate", "word error rate"})
"""The measures of which less is better."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What each pair adds to a measure: a count, and the size that the counts are divided by.

    For accuracy and exact match, the count is 1 if the answer is right, else 0, and the size is 1. For an error rate,
    the count is that of the edits, and the size is the length of the reference.

    >>> import numpy as np
    >>> print(Outcomes("character error rate", np.array([2, 0]), np.array([5, 5])).estimate)
    20.0 % (0.0 to 59.2)
    """

    measure: Measure
    counts: NDArray[np.int64]
    """(N,)"""
    sizes: NDArray[np.int64]
    """(N,)"""

    @property
    def is_error(self) -> bool:
        """Whether less is better."""
        return self.measure in ERROR_RATES

    @property
    def estimate(self) -> Estimate | None:
        """The measure over all pairs with its 95 % interval; None for the error rate of references without content."""
        if self.is_error:
            return rate(self.counts, self.sizes)
        return share(int(self.counts.sum()), len(self.counts))

    def where(self, chosen: NDArray[Any]) -> Outcomes:
        """The outcomes of some of the pairs, given by a mask or by their numbers.

        >>> hits([True, False, True]).where(np.array([0, 2])).counts.tolist()
        [1, 1]
        """
        return Outcomes(self.measure, self.counts[chosen], self.sizes[chosen])


def hits(is_right: Any, measure: Measure = "accuracy") -> Outcomes:
    """The outcomes of pairs that are either right or wrong, one truth value for each.

    >>> print(hits([True, True, False, True]).estimate)
    75.0 % (30.1 to 95.4)
    """
    counts = np.asarray(is_right, dtype=np.int64)
    return Outcomes(measure, counts, np.ones_like(counts))
