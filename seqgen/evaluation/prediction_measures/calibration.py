"""Whether a model is right as often as it says: its answers in bins of their probability."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

N_BINS = 15


@dataclass(frozen=True)
class CalibrationBin:
    """Answers with about the same probability.

    >>> CalibrationBin(40, confidence=0.9, accuracy=0.75).gap
    0.15...
    """

    n_pairs: int
    confidence: float
    """The mean probability of the answers."""
    accuracy: float
    """The share of them that are right."""

    @property
    def gap(self) -> float:
        """How far the two are apart."""
        return abs(self.confidence - self.accuracy)


@dataclass(frozen=True)
class Calibration:
    """The bins that are not empty, from improbable to probable.

    >>> bins = CalibrationBin(30, 0.9, 0.8), CalibrationBin(10, 0.7, 0.7)
    >>> round(Calibration(bins).error, 3)
    0.075
    """

    bins: tuple[CalibrationBin, ...]

    @property
    def error(self) -> float:
        """The expected calibration error: the mean gap over all answers."""
        n_pairs = sum(one.n_pairs for one in self.bins)
        return sum(one.n_pairs * one.gap for one in self.bins) / n_pairs

    def to_json(self) -> list[dict[str, Any]]:
        """The bins of a report."""
        return [{"n_pairs": one.n_pairs, "confidence": one.confidence, "accuracy": one.accuracy} for one in self.bins]


def calibrate(confidences: NDArray[Any], is_right: NDArray[np.bool_]) -> Calibration:
    """Sort answers into 15 bins of equal width by their probabilities (Guo, Pleiss, Sun & Weinberger 2017).

    >>> import numpy as np
    >>> round(calibrate(np.full(4, 0.75), np.array([True, True, True, False])).error, 6)
    0.0
    """
    numbers = np.clip(np.ceil(confidences * N_BINS).astype(np.int64) - 1, 0, N_BINS - 1)  # bin k is (k/15, (k+1)/15]
    n_each = np.bincount(numbers, minlength=N_BINS)
    confidence = np.bincount(numbers, weights=confidences, minlength=N_BINS)
    n_right = np.bincount(numbers, weights=is_right, minlength=N_BINS)
    return Calibration(
        tuple(
            CalibrationBin(int(n_each[k]), float(confidence[k] / n_each[k]), float(n_right[k] / n_each[k]))
            for k in np.flatnonzero(n_each)
        )
    )
