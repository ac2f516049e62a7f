"""Filters against brute force, draws against the softmax."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen.config import SamplingConfig
from seqgen.errors import RunError
from seqgen.sampling import choose
from seqgen.sampling.filters import ban, draw, keep_top_k, keep_top_p, softmax

some_logits = st.lists(
    st.sampled_from([-3.0, -1.0, 0.0, 0.0, 0.5, 2.0]) | st.floats(-20, 20), min_size=1, max_size=30
).map(np.array)


@given(some_logits, st.integers(1, 40))
def test_top_k_keeps_exactly_the_k_likeliest_and_of_equals_the_first(logits: np.ndarray, k: int) -> None:
    kept = np.flatnonzero(np.isfinite(keep_top_k(logits, k)))
    expected = sorted(range(len(logits)), key=lambda token: (-logits[token], token))[:k]
    assert kept.tolist() == sorted(expected)


def test_a_tie_of_all_keeps_k() -> None:
    assert np.isfinite(keep_top_k(np.zeros(50), 7)).sum() == 7


@given(some_logits, st.floats(0.01, 1.0))
def test_top_p_keeps_the_fewest_tokens_that_reach_p(logits: np.ndarray, p: float) -> None:
    kept = np.flatnonzero(np.isfinite(keep_top_p(logits, p)))
    probabilities = softmax(logits)
    order = sorted(range(len(logits)), key=lambda token: (-logits[token], token))
    assert kept.tolist() == sorted(order[: len(kept)])
    assert probabilities[order[: len(kept) - 1]].sum() < p + 1e-9
    assert probabilities[order[: len(kept)]].sum() >= p - 1e-9


@given(some_logits, st.integers(1, 5), st.floats(0.1, 1.0))
def test_filters_leave_the_logits_they_keep_and_their_input_alone(logits: np.ndarray, k: int, p: float) -> None:
    before = logits.copy()
    for filtered in (keep_top_k(logits, k), keep_top_p(logits, p), ban(logits, [0])):
        finite = np.isfinite(filtered)
        assert (filtered[finite] == before[finite]).all()
    assert (logits == before).all()


def test_temperature_zero_takes_the_first_of_the_likeliest() -> None:
    assert draw(np.array([0.0, 2.0, 2.0]), 0.0, np.random.default_rng(0)) == 1


def test_top_k_of_one_is_greedy_at_any_temperature() -> None:
    rng = np.random.default_rng(0)
    config = SamplingConfig(temperature=5.0, top_k=1)
    for _ in range(100):
        logits = rng.normal(size=20)
        assert choose(logits, config, rng) == logits.argmax()


def test_a_banned_token_is_never_drawn() -> None:
    rng = np.random.default_rng(0)
    config = SamplingConfig(temperature=1.0)
    assert all(choose(np.array([9.0, 0.0]), config, rng, banned=(0,)) == 1 for _ in range(200))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_follow_the_softmax_at_the_temperature(temperature: float) -> None:
    """Pearson's chi-squared over 20,000 draws, five degrees of freedom: 20.5 has probability 0.001."""
    rng = np.random.default_rng(4)
    logits = np.array([0.0, 1.0, -1.0, 0.5, 2.0, -2.0])
    draws = np.bincount([draw(logits, temperature, rng) for _ in range(20_000)], minlength=6)
    expected = softmax(logits / temperature) * 20_000
    assert ((draws - expected) ** 2 / expected).sum() < 20.5


def test_a_vocabulary_of_one_always_gives_its_token() -> None:
    assert choose(np.array([1.5]), SamplingConfig(top_k=3, top_p=0.1), np.random.default_rng(0)) == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_logits_that_are_no_numbers_are_refused(bad: float) -> None:
    with pytest.raises(RunError, match="diverged"):
        draw(np.array([0.0, bad]), 1.0, np.random.default_rng(0))


def test_the_smallest_temperatures_draw_from_the_vocabulary() -> None:
    rng = np.random.default_rng(0)
    assert {draw(np.array([1.0, 3.0, 2.0]), 1e-310, rng) for _ in range(50)} == {1}
