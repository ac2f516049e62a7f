"""Which of two models answers the same pairs better: a paired bootstrap.

Would the difference survive on other pairs of the same kind? We have only these, so we draw as many from them, with
replacement, again and again, and look at how the difference varies (Efron 1979; Koehn 2004). Both models are measured
on the same draws: hard pairs are hard for both, and the difference cancels what they share.

Pairs with equal outcomes under both models are interchangeable. So we do not draw pairs, but how often each kind of
outcome occurs, from the multinomial distribution. This is the same bootstrap, faster, and the order of the pairs plays
no part.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.evaluation.prediction_measures.outcomes import ERROR_RATES, Measure, Outcomes
from seqgen.wording import count_of

N_RESAMPLES = 10_000
FEWEST_DIFFERING = 6
"""Pairs that two models must answer differently well before one counts as better. A bootstrap of fewer promises too
much: if five pairs speak for one model and none for the other, that happens by chance in one case of sixteen."""
_CHUNK_CELLS = 4_000_000
"""Numbers that are drawn at once."""


@dataclass(frozen=True, kw_only=True)
class PairedDifference:
    """How much better one model answers some pairs than another. `str()` of it is a sentence.

    >>> print(PairedDifference(measure="accuracy", value=0.021, low=0.003, high=0.039, first="big", second="small"))
    big is better than small by 2.1 points of accuracy (0.3 to 3.9)
    >>> print(PairedDifference(measure="accuracy", value=0.004, low=-0.005, high=0.02, first="big", second="small"))
    big and small cannot be told apart on these pairs (+0.4 points of accuracy, -0.5 to +2.0)
    """

    measure: Measure
    value: float
    """The measure of the first model less that of the second."""
    low: float
    """The lower end of the 95 % interval."""
    high: float
    first: str = "the first model"
    second: str = "the second model"
    n_differing: int = FEWEST_DIFFERING
    """Pairs that the two models answer differently well."""

    @property
    def is_certain(self) -> bool:
        """Whether the 95 % interval does not contain 0, and enough pairs differ."""
        return (self.low > 0 or self.high < 0) and self.n_differing >= FEWEST_DIFFERING

    @property
    def reversed(self) -> PairedDifference:
        """The same with the second model first.

        >>> PairedDifference(measure="accuracy", value=0.5, low=0.25, high=0.75).reversed.low
        -0.75
        """
        return replace(self, value=-self.value, low=-self.high, high=-self.low, first=self.second, second=self.first)

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report.

        >>> PairedDifference(measure="accuracy", value=0.5, low=0.25, high=0.75).to_json()["is_certain"]
        True
        """
        return {
            "measure": self.measure,
            "difference": self.value,
            "difference_low": self.low,
            "difference_high": self.high,
            "n_differing": self.n_differing,
            "is_certain": self.is_certain,
        }

    def __str__(self) -> str:
        points = [100 * number for number in (self.value, self.low, self.high)]
        if not self.is_certain:
            value, low, high = points
            if low > 0 or high < 0:
                return (
                    f"{self.first} and {self.second} cannot be told apart: they differ on "
                    f"{count_of(self.n_differing, 'pair')} only ({value:+.1f} points of {self.measure})"
                )
            interval = f"{value:+.1f} points of {self.measure}, {low:+.1f} to {high:+.1f}"
            return f"{self.first} and {self.second} cannot be told apart on these pairs ({interval})"
        is_first_better = (self.value < 0) == (self.measure in ERROR_RATES)
        better, worse = (self.first, self.second) if is_first_better else (self.second, self.first)
        low, high = sorted(map(abs, points[1:]))
        amount = f"{abs(points[0]):.1f} points of {self.measure} ({low:.1f} to {high:.1f})"
        return f"{better} is better than {worse} by {amount}"


def compare_outcomes(
    first: Outcomes, second: Outcomes, *, names: tuple[str, str], seed: int = 0
) -> PairedDifference | None:
    """The difference of two models on the same pairs, in the same order, with the 95 % interval of the percentiles.

    None if there is nothing to compare: the references of an error rate have no content.

    >>> from seqgen.evaluation.prediction_measures import hits
    >>> right = hits([True] * 90 + [False] * 10)
    >>> print(compare_outcomes(right, right, names=("big", "small")))
    big and small cannot be told apart on these pairs (+0.0 points of accuracy, +0.0 to +0.0)
    """
    assert first.measure == second.measure and len(first.counts) == len(second.counts)
    if not (first.sizes.any() and second.sizes.any()):
        return None
    table = np.stack((first.counts, first.sizes, second.counts, second.sizes), axis=1)  # (N, 4)
    kinds, n_of_kind = np.unique(table, axis=0, return_counts=True)  # (K, 4), (K,)
    differences = _resample(kinds, n_of_kind, seed=seed)
    low, high = np.quantile(differences, [0.025, 0.975])
    return PairedDifference(
        measure=first.measure,
        value=float(_difference(table.sum(axis=0))),
        low=float(low),
        high=float(high),
        first=names[0],
        second=names[1],
        n_differing=_count_differing(table),
    )


def pool_differences(differences: Sequence[PairedDifference], *, names: tuple[str, str]) -> PairedDifference:
    """One difference for runs that differ in their seed: the mean, and an interval that contains those of all of them.

    So it is certain only if each of them is, all in one direction. `names` stand for the runs on either side.

    >>> ones = [PairedDifference(measure="accuracy", value=x, low=x - 0.01, high=x + 0.01) for x in (0.02, 0.04)]
    >>> print(pool_differences(ones, names=("big, 2 seeds", "small")))
    big, 2 seeds is better than small by 3.0 points of accuracy (1.0 to 5.0)
    """
    return PairedDifference(
        measure=differences[0].measure,
        value=statistics.fmean(difference.value for difference in differences),
        low=min(difference.low for difference in differences),
        high=max(difference.high for difference in differences),
        first=names[0],
        second=names[1],
        n_differing=min(difference.n_differing for difference in differences),
    )


def _count_differing(table: NDArray[np.int64]) -> int:
    """On how many pairs the two models differ; a row has the count and the size of the first, and of the second."""
    return int(np.count_nonzero((table[:, :2] != table[:, 2:]).any(axis=1)))


def _resample(kinds: NDArray[np.int64], n_of_kind: NDArray[np.int64], *, seed: int) -> NDArray[np.float64]:
    """The difference in each resample. (N_RESAMPLES,)"""
    generator, n_pairs = np.random.default_rng(seed), int(n_of_kind.sum())
    at_once = max(1, _CHUNK_CELLS // len(kinds))
    parts = []
    for start in range(0, N_RESAMPLES, at_once):
        n_draws = min(at_once, N_RESAMPLES - start)
        draws = generator.multinomial(n_pairs, n_of_kind / n_pairs, size=n_draws)  # (R, K)
        parts.append(_difference(draws @ kinds))
    return np.concatenate(parts)


def _difference(sums: NDArray[np.int64]) -> NDArray[np.float64]:
    """The ratio of the first model less that of the second, from the sums of counts and sizes. (..., 4) -> (...)"""
    sizes = np.maximum(sums[..., [1, 3]], 1)  # a resample of nothing but empty references has no errors to divide
    ratios = sums[..., [0, 2]] / sizes
    difference: NDArray[np.float64] = ratios[..., 0] - ratios[..., 1]
    return difference
