"""How far the mean loss of a passage may be from the mean of the text that it comes from: a 95 % interval.

The losses of the blocks of a text are not independent. Chapters, scenes and subjects are hard or easy for long
stretches, so the mean of a passage varies much more than its blocks suggest, and the longer the passage, the more so:
the losses have long memory, as word counts and letter counts of texts have (Altmann, Cristadoro & Degli Esposti 2012).
Neither a bootstrap of blocks nor the usual corrections for correlation allow for this.

We therefore take the losses to be fractional Gaussian noise, the simplest process with long memory (Mandelbrot & Van
Ness 1968). How slowly its correlations fade is set by its Hurst exponent H, from 0.5 for none to 1.

1. Multiply the losses by K slow cosine waves. The products are hardly correlated, and each shows how strongly the
   losses vary at one pace (Müller & Watson 2016).
2. The noise gives the variance of each product, and that of the mean, up to a common factor. So every squared product
   estimates the variance of the mean; we average these K estimates.
3. The mean divided by the root of this average is close to Student's t with K degrees of freedom.

K and H were chosen on four English texts and checked on four others: `benchmarks/intervals.py` counts how often the
intervals of passages contain the mean of the whole text.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

MIN_VALUES = 20
"""How many values an interval needs."""
_N_COSINES = 12
"""K."""
_STUDENT_T = 2.1788
"""The 97.5 % quantile of Student's t with K degrees of freedom."""
_HURST = 0.85
"""H."""


def half_width(values: NDArray[Any]) -> float:
    """Half the width of the 95 % interval of the mean of at least `MIN_VALUES` values, which are in the text's order.

    >>> import numpy as np
    >>> values = np.random.default_rng(0).normal(2, 0.1, 100)
    >>> round(half_width(values), 2)  # independent values would have an interval of 2.0 ± 0.02
    0.09
    >>> half_width(np.full(20, 2.0)) < 1e-9
    True
    """
    cosines, weights = _cosines_and_weights(len(values))
    products = cosines @ (values - values.mean())
    return float(_STUDENT_T * np.sqrt(products**2 @ weights / _N_COSINES))


@lru_cache
def _cosines_and_weights(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The K cosine waves over n values, (K, n), and the variance of the mean by that of each product, (K,)."""
    places = (np.arange(n) + 0.5) / n
    cosines = np.cos(np.pi * np.arange(1, _N_COSINES + 1)[:, None] * places)
    lags = np.abs(np.subtract.outer(np.arange(n), np.arange(n))).astype(np.float64)
    exponent = 2 * _HURST
    covariances = ((lags + 1) ** exponent + np.abs(lags - 1) ** exponent - 2 * lags**exponent) / 2
    variances = np.einsum("kn,nm,km->k", cosines, covariances, cosines)
    weights: NDArray[np.float64] = covariances.mean() / variances
    return cosines, weights
