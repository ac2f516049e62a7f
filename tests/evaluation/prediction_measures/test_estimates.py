"""Intervals of shares and rates: they agree with the formulas, cover the truth, and claim nothing at the ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen.evaluation.prediction_measures import rate, share


def test_the_interval_of_a_share_is_wilsons() -> None:
    estimate = share(81, 263)
    assert (estimate.low, estimate.high) == pytest.approx((0.2553, 0.3662), abs=1e-4)  # Newcombe 1998, table I
    for end in (estimate.low, estimate.high):
        assert abs(estimate.value - end) == pytest.approx(1.959964 * np.sqrt(end * (1 - end) / 263))


@given(st.integers(1, 2000), st.data())
def test_the_interval_of_a_share_holds_it_and_lies_between_0_and_1(n: int, data: st.DataObject) -> None:
    n_hits = data.draw(st.integers(0, n))
    estimate = share(n_hits, n)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
    assert share(n - n_hits, n).low == pytest.approx(1 - estimate.high)


def test_no_hit_does_not_mean_that_there_never_is_one() -> None:
    assert share(0, 10).low == 0 and share(0, 10).high == pytest.approx(0.2775, abs=1e-4)
    assert share(10, 10).high == 1 and share(10, 10).low == pytest.approx(0.7225, abs=1e-4)


def test_a_rate_divides_all_counts_by_all_sizes() -> None:
    estimate = rate(np.array([3, 0]), np.array([4, 6]))
    assert estimate is not None and estimate.value == 0.3
    half = 1.959964 * np.sqrt(2 * ((3 - 1.2) ** 2 + 1.8**2)) / 10
    assert estimate.low == 0 and estimate.high == pytest.approx(0.3 + half)


def test_the_interval_of_a_rate_covers_the_true_rate() -> None:
    generator, covered = np.random.default_rng(0), 0
    for _ in range(400):
        sizes = generator.integers(1, 30, 200)
        estimate = rate(generator.binomial(sizes, 0.2), sizes)
        assert estimate is not None
        covered += estimate.low <= 0.2 <= estimate.high
    assert 0.92 < covered / 400 < 0.98


def test_a_rate_without_errors_has_an_interval_too() -> None:
    estimate = rate(np.zeros(10, int), np.full(10, 5))
    assert estimate is not None and (estimate.value, estimate.low, estimate.high) == (0, 0, share(0, 10).high)


def test_one_pair_says_nothing_about_others() -> None:
    for n_errors in (2, 8):
        estimate = rate(np.array([n_errors]), np.array([4]))
        assert estimate is not None and (estimate.low, estimate.high) == (0, max(1, n_errors / 4))


def test_there_is_no_rate_of_nothing() -> None:
    assert rate(np.array([0, 2]), np.array([0, 0])) is None
