"""How a measure depends on the length of the source: the data of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqgen.evaluation.prediction_measures.estimates import Estimate
from seqgen.evaluation.prediction_measures.outcomes import Outcomes

_MOST_BINS = 10
_FEWEST_PAIRS = 20
"""A bin has at least so many pairs, unless there are no more."""


@dataclass(frozen=True)
class LengthBin:
    """The pairs whose sources have from `shortest` to `longest` units, and the measure over them.

    >>> from seqgen.evaluation.prediction_measures import Estimate
    >>> LengthBin(1, 8, 25, Estimate(0.5, 0.25, 0.75)).to_json()["value_low"]
    0.25
    >>> LengthBin(1, 8, 25, None).to_json()
    {'shortest': 1, 'longest': 8, 'n_pairs': 25}
    """

    shortest: int
    longest: int
    n_pairs: int
    estimate: Estimate | None

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report."""
        numbers = {"shortest": self.shortest, "longest": self.longest, "n_pairs": self.n_pairs}
        return numbers | ({} if self.estimate is None else self.estimate.to_json("value"))


def measure_by_length(lengths: Sequence[int], outcomes: Outcomes) -> tuple[LengthBin, ...]:
    """The measure in up to ten bins of source lengths, from short to long, about equally full, with 20 pairs or more.

    The bins depend on the lengths alone, so those of two models on the same pairs are the same. Equal lengths are never
    in two bins.

    >>> from seqgen.evaluation.prediction_measures import hits
    >>> bins = measure_by_length([3] * 30 + [9] * 30, hits([True] * 30 + [False] * 30))
    >>> [(bin.shortest, bin.longest, bin.n_pairs, bin.estimate.value) for bin in bins]
    [(3, 3, 30, 1.0), (9, 9, 30, 0.0)]
    """
    array = np.asarray(lengths)
    assert len(array) == len(outcomes.counts)
    return tuple(
        LengthBin(int(array[members].min()), int(array[members].max()), len(members), outcomes.where(members).estimate)
        for members in _bins(array)
    )


def _bins(lengths: Any) -> list[Any]:
    """The numbers of the pairs of each bin, in order of length."""
    order = np.argsort(lengths, kind="stable")
    _, n_each = np.unique(lengths, return_counts=True)
    ends = np.cumsum(n_each)  # where a bin may end
    n_bins = min(_MOST_BINS, len(lengths) // _FEWEST_PAIRS)
    starts = [0]
    for place in np.linspace(0, len(lengths), n_bins + 1)[1:-1]:
        cut = int(ends[np.abs(ends - place).argmin()])
        if min(cut - starts[-1], len(lengths) - cut) >= _FEWEST_PAIRS:
            starts.append(cut)
    return np.split(order, starts[1:])
