"""Correlations over texts, and what chance makes of them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from seqgen.inspection.chance import correlations, deviations, one_sided_p


def slow(rng: np.random.Generator, n_rows: int, n: int, *, stay: float) -> NDArray[np.float64]:
    """Rows that keep a share of their value from step to step."""
    noise = rng.normal(size=(n_rows, n))
    for step in range(1, n):
        noise[:, step] += stay * noise[:, step - 1]
    return noise


def test_the_variance_of_a_correlation_is_its_mean_square_over_all_shifts() -> None:
    rng = np.random.default_rng(0)
    for length in (60, 61):
        units, features = slow(rng, 2, length, stay=0.8).astype(np.float32), slow(rng, 2, length, stay=0.5)
        _, n = correlations(units, features)
        for unit in range(2):
            for feature in range(2):
                shifted = [np.corrcoef(units[unit], np.roll(features[feature], s))[0, 1] for s in range(length)]
                assert n[unit, feature] == pytest.approx(1 / np.mean(np.square(shifted)), rel=1e-4)


@pytest.mark.parametrize("stay", [0.0, 0.9, 0.98])
def test_what_is_independent_is_significant_as_often_as_stated(stay: float) -> None:
    """600 independent pairs are tested at 5 %: about 30 are found, whether or not they change slowly."""
    rng = np.random.default_rng(1)
    r, n = correlations(slow(rng, 60, 4000, stay=stay).astype(np.float32), slow(rng, 10, 4000, stay=stay))
    n_found = sum(2 * one_sided_p(abs(score)) <= 0.05 for score in deviations(r, n).ravel().tolist())
    assert 15 <= n_found <= 45


def test_slow_pairs_would_be_found_much_too_often_if_characters_counted_as_independent() -> None:
    rng = np.random.default_rng(1)
    r, n = correlations(slow(rng, 60, 4000, stay=0.98).astype(np.float32), slow(rng, 10, 4000, stay=0.98))
    naive = deviations(r, np.full_like(n, 4000))
    assert sum(2 * one_sided_p(abs(score)) <= 0.05 for score in naive.ravel().tolist()) > 300


def test_what_never_changes_correlates_with_nothing() -> None:
    units = np.full((1, 50), 0.3, np.float32)
    r, n = correlations(units, np.arange(50.0)[None])
    assert r.tolist() == [[0.0]] and deviations(r, n).tolist() == [[0.0]]
