"""Ways to make a 95 % interval of the mean of values in order: what `intervals.py` beside it compares.

Each function takes series of n values, (P, n), and returns half the width of the interval of each, (P,).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from seqgen.intervals import half_width

Array = NDArray[np.float64]

_NORMAL = 1.96
"""The 97.5 % quantile of the normal distribution."""
_STUDENT = {3: 3.1824, 9: 2.2622, 12: 2.1788}
"""The 97.5 % quantile of Student's t, by degrees of freedom."""
_SELF_NORMALISED = 45.4
"""The 95 % quantile of the statistic in the limit, for one mean (Lobato 2001)."""


def independent(values: Array) -> Array:
    """What a bootstrap of single values comes to: the values are taken to be independent."""
    return _scaled(values.var(axis=1, ddof=1), n=values.shape[1], by=_NORMAL)


def _scaled(variance: Array, *, n: int, by: float) -> Array:
    """Half the width of an interval from the long-run variance of a series of n values."""
    half: Array = by * np.sqrt(np.maximum(variance, 0) / n)
    return half


def autocovariances(values: Array) -> Array:
    """Of lags 0 to n - 1, each sum divided by n. (P, n)"""
    n = values.shape[1]
    transformed = np.fft.rfft(values - values.mean(axis=1, keepdims=True), 2 * n, axis=1)
    covariances: Array = np.fft.irfft(np.abs(transformed) ** 2, axis=1)[:, :n] / n
    return covariances


def stationary_bootstrap(values: Array) -> Array:
    """Politis & Romano (1994): the variance in the limit of many resamplings, with an automatic block length."""
    n = values.shape[1]
    covariances = autocovariances(values)
    stop = 1 / np.array([block_length(row, n) for row in covariances])[:, None]
    lags = np.arange(1, n)
    weights = (1 - lags / n) * (1 - stop) ** lags + (lags / n) * (1 - stop) ** (n - lags)
    variance = covariances[:, 0] + 2 * (weights * covariances[:, 1:]).sum(axis=1)
    return _scaled(variance, n=n, by=_NORMAL)


def block_length(covariances: Array, n: int) -> float:
    """Politis & White (2004), as corrected by Patton, Politis & White (2009), for the stationary bootstrap."""
    n_small = max(5, int(np.ceil(np.sqrt(np.log10(n)))))
    most = int(np.ceil(np.sqrt(n))) + n_small
    is_small = np.abs(covariances / covariances[0]) < 2 * np.sqrt(np.log10(n) / n)
    starts = [lag for lag in range(1, most + 1) if is_small[lag : lag + n_small].all()]
    bandwidth = min(2 * max(1, starts[0] - 1 if starts else most), most)
    lags = np.arange(1, bandwidth + 1)
    window = np.minimum(1, 2 * (1 - lags / bandwidth))
    slope = 2 * (window * lags * covariances[lags]).sum()
    spectrum = covariances[0] + 2 * (window * covariances[lags]).sum()
    length = (slope**2 / spectrum**2) ** (1 / 3) * n ** (1 / 3)
    return float(np.clip(length, 1, np.ceil(min(3 * np.sqrt(n), n / 3))))


def subsampling(values: Array) -> Array:
    """Politis, Romano & Wolf (1999): how far the means of all fifths of a series are from its mean."""
    n = values.shape[1]
    size = n // 5
    means = np.lib.stride_tricks.sliding_window_view(values, size, axis=1).mean(axis=2)
    errors = np.abs(means - values.mean(axis=1, keepdims=True))
    distances: Array = np.quantile(errors, 0.95, axis=1) * np.sqrt(size / n / (1 - size / n))
    return distances


def large_blocks(n_blocks: int) -> Callable[[Array], Array]:
    """Student's t of the means of a few large blocks (Ibragimov & Müller 2010)."""

    def half_widths(values: Array) -> Array:
        means = np.stack([block.mean(axis=1) for block in np.array_split(values, n_blocks, axis=1)], axis=1)
        return _scaled(means.var(axis=1, ddof=1), n=n_blocks, by=_STUDENT[n_blocks - 1])

    return half_widths


def self_normalised(values: Array) -> Array:
    """Shao (2010), after Lobato (2001): the range of the partial sums takes the place of a variance."""
    n = values.shape[1]
    sums = np.cumsum(values - values.mean(axis=1, keepdims=True), axis=1)
    return _scaled((sums**2).sum(axis=1) / n**2, n=n, by=np.sqrt(_SELF_NORMALISED))


def bartlett(share: float) -> Callable[[Array], Array]:
    """Kiefer & Vogelsang (2005): Bartlett's window over a share b of the lags, with the critical value of that b."""
    critical = 1.96 + 2.9694 * share + 0.416 * share**2 - 0.5324 * share**3

    def half_widths(values: Array) -> Array:
        n = values.shape[1]
        covariances = autocovariances(values)
        lags = np.arange(1, int(share * n))
        variance = covariances[:, 0] + 2 * (covariances[:, lags] * (1 - lags / (share * n))).sum(axis=1)
        return _scaled(variance, n=n, by=critical)

    return half_widths


def cosines(values: Array) -> Array:
    """Twelve slow cosine waves without long memory (Müller 2007; Lazarus, Lewis, Stock & Watson 2018)."""
    n = values.shape[1]
    waves = np.cos(np.pi * np.arange(1, 13)[:, None] * (np.arange(n) + 0.5) / n)
    products = values @ waves.T * np.sqrt(2 / n)
    return _scaled((products**2).mean(axis=1), n=n, by=_STUDENT[12])


def with_long_memory(values: Array) -> Array:
    """What seqgen uses."""
    return np.array([half_width(row) for row in values])


METHODS: dict[str, Callable[[Array], Array]] = {
    "independent blocks": independent,
    "stationary bootstrap": stationary_bootstrap,
    "subsampling of fifths": subsampling,
    "ten blocks, Student's t": large_blocks(10),
    "four blocks, Student's t": large_blocks(4),
    "Bartlett's window, b = 0.1": bartlett(0.1),
    "Bartlett's window, b = 0.5": bartlett(0.5),
    "self-normalised": self_normalised,
    "12 cosines": cosines,
    "12 cosines with long memory (seqgen)": with_long_memory,
}
"""The last is the program's own."""
