"""Intervals of a mean: they cover it although the values depend on each other, and follow shifts and scales."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from seqgen.intervals import MIN_VALUES, half_width

N_SERIES = 300


def autoregressive(rho: float, n: int) -> NDArray[np.float64]:
    """Series in which each value is rho times the one before, plus noise."""
    values = np.random.default_rng(0).normal(size=(N_SERIES, n))
    for t in range(1, n):
        values[:, t] = rho * values[:, t - 1] + np.sqrt(1 - rho**2) * values[:, t]
    return values


def long_memory(hurst: float, n: int) -> NDArray[np.float64]:
    """Fractional Gaussian noise."""
    lags = np.abs(np.subtract.outer(np.arange(n), np.arange(n))).astype(float)
    exponent = 2 * hurst
    covariances = ((lags + 1) ** exponent + np.abs(lags - 1) ** exponent - 2 * lags**exponent) / 2
    return np.random.default_rng(0).normal(size=(N_SERIES, n)) @ np.linalg.cholesky(covariances).T


@pytest.mark.parametrize("rho", [0.2, 0.5, 0.9])
def test_the_interval_of_correlated_values_contains_their_mean(rho: float) -> None:
    values = autoregressive(rho, 100)
    assert np.mean([abs(row.mean()) <= half_width(row) for row in values]) > 0.9


@pytest.mark.parametrize("n", [MIN_VALUES, 100, 200])
@pytest.mark.parametrize("hurst", [0.5, 0.65, 0.75, 0.85])
def test_the_interval_of_values_with_long_memory_contains_their_mean(hurst: float, n: int) -> None:
    values = long_memory(hurst, n)
    assert np.mean([abs(row.mean()) <= half_width(row) for row in values]) > 0.9


def test_more_values_give_a_narrower_interval() -> None:
    few, many = (np.mean([half_width(row) for row in long_memory(0.75, n)]) for n in (20, 200))
    assert many < 0.8 * few


def test_the_interval_moves_with_a_constant_and_grows_with_a_factor() -> None:
    values = np.random.default_rng(0).normal(size=50)
    assert half_width(values + 100) == pytest.approx(half_width(values))
    assert half_width(values * -3) == pytest.approx(3 * half_width(values))
    assert half_width(np.full(50, 2.0)) == 0
