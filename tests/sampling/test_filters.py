"""Filters against brute force, draws against the softmax."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen.config import SamplingConfig
from seqgen.errors import RunError
from seqgen.sampling.filters import (
    GumbelNoise,
    apply_filters,
    check_logits,
    keep_min_p,
    keep_top_k,
    keep_top_p,
    keep_typical,
    penalise_counts,
    penalise_repetition,
    sample_tokens,
    softmax,
)

Row = Any

some_logits = st.lists(
    st.sampled_from([-3.0, -1.0, 0.0, 0.0, 0.5, 2.0]) | st.floats(-20, 20), min_size=1, max_size=30
).map(np.array)
shares = st.floats(0.01, 1.0)

FILTERS = {
    "top_k": lambda logits: keep_top_k(logits, 3),
    "top_p": lambda logits: keep_top_p(logits, 0.6),
    "min_p": lambda logits: keep_min_p(logits, 0.2),
    "typical": lambda logits: keep_typical(logits, 0.6),
}


def kept(filtered: Row) -> list[int]:
    return np.flatnonzero(np.isfinite(filtered)).tolist()


@given(some_logits, st.integers(1, 40))
def test_top_k_keeps_exactly_the_k_likeliest_and_of_equals_the_first(logits: Row, k: int) -> None:
    expected = sorted(range(len(logits)), key=lambda token: (-logits[token], token))[:k]
    assert kept(keep_top_k(logits, k)) == sorted(expected)


def test_a_tie_of_all_keeps_k() -> None:
    assert np.isfinite(keep_top_k(np.zeros(50), 7)).sum() == 7


@given(some_logits, shares)
def test_top_p_keeps_the_fewest_tokens_that_reach_p(logits: Row, p: float) -> None:
    found = kept(keep_top_p(logits, p))
    probabilities = softmax(logits)
    order = sorted(range(len(logits)), key=lambda token: (-logits[token], token))
    assert found == sorted(order[: len(found)])
    assert probabilities[order[: len(found) - 1]].sum() < p + 1e-9
    assert probabilities[order[: len(found)]].sum() >= p - 1e-9


@given(some_logits, shares)
def test_min_p_keeps_what_is_at_least_a_share_as_likely_as_the_likeliest(logits: Row, share: float) -> None:
    probabilities = softmax(logits)
    ratios = probabilities / probabilities.max()
    found = set(kept(keep_min_p(logits, share)))
    assert set(np.flatnonzero(ratios > share * (1 + 1e-9))) <= found
    assert found <= set(np.flatnonzero(ratios >= share * (1 - 1e-9)))


def test_typical_takes_first_what_is_as_surprising_as_the_model_expects() -> None:
    """Entropy 0.86: the second token's surprise of 1.2 is nearer to it than the first one's of 0.36."""
    logits = np.log([0.7, 0.3 - 1e-9, 1e-9])
    assert kept(keep_typical(logits, 0.05)) == [0]
    logits = np.log([0.4, 0.2, 0.2, 0.2])  # entropy 1.33, surprises 0.92 and 1.61
    assert kept(keep_typical(logits, 0.1)) == [1]
    assert kept(keep_typical(logits, 0.55)) == [1, 2, 3]


@given(some_logits, shares)
def test_typical_keeps_the_fewest_tokens_that_reach_p(logits: Row, p: float) -> None:
    probabilities = softmax(logits)
    found = kept(keep_typical(logits, p))
    total = probabilities[found].sum()
    assert total >= p - 1e-9
    surprise = -np.log(np.maximum(probabilities, 1e-300))
    distance = np.abs(surprise - (probabilities * surprise).sum())
    farthest = max(found, key=lambda token: distance[token])
    assert total - probabilities[farthest] < p + 1e-9
    others = set(range(len(logits))) - set(found)
    assert all(distance[token] >= distance[farthest] - 1e-9 for token in others)


@pytest.mark.parametrize("name", FILTERS)
@given(logits=some_logits)
def test_a_filter_leaves_what_it_keeps_and_its_input_alone(name: str, logits: Row) -> None:
    before = logits.copy()
    filtered = FILTERS[name](logits)
    finite = np.isfinite(filtered)
    assert finite[logits.argmax()] or name == "typical"
    assert finite.any()
    assert (filtered[finite] == before[finite]).all()
    assert (logits == before).all()


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("other", FILTERS)
def test_filters_go_together_without_a_warning(name: str, other: str) -> None:
    logits = np.array([[3.0, 2.0, 1.0, 0.0, -np.inf, -200.0]])
    with np.errstate(all="raise", under="ignore"):
        both = FILTERS[other](FILTERS[name](logits))
    assert np.isfinite(both).any()
    assert not np.isfinite(both[~np.isfinite(FILTERS[name](logits))]).any()


@pytest.mark.parametrize("name", FILTERS)
def test_the_rows_of_a_batch_are_filtered_each_on_its_own(name: str) -> None:
    rows = np.random.default_rng(0).normal(size=(5, 12)).round(1)
    np.testing.assert_array_equal(FILTERS[name](rows), [FILTERS[name](row) for row in rows])


def test_a_repetition_penalty_divides_positive_logits_and_multiplies_negative_ones() -> None:
    logits, counts = np.array([2.0, -2.0, 2.0, -2.0]), np.array([1, 3, 0, 0])
    assert penalise_repetition(logits, counts, 2.0).tolist() == [1.0, -4.0, 2.0, -2.0]


def test_presence_is_paid_once_and_frequency_every_time() -> None:
    logits, counts = np.zeros(3), np.array([0, 1, 4])
    assert penalise_counts(logits, counts, presence=0.5, frequency=0.25).tolist() == [0.0, -0.75, -1.5]


def test_filters_apply_in_their_stated_order() -> None:
    """Penalties first: the likeliest token loses its place before top-k counts the places."""
    config = SamplingConfig(top_k=1, presence_penalty=5.0)
    assert kept(apply_filters(np.array([[3.0, 2.0, 1.0]]), config, np.array([[1, 0, 0]]))[0]) == [1]
    both = SamplingConfig(top_k=2, top_p=0.5)
    assert kept(apply_filters(np.array([[3.0, 3.0, 3.0, 3.0]]), both)[0]) == [0]


def draws(logits: Row, temperature: float, n: int, seed: int = 4) -> Row:
    noise = GumbelNoise(seed, [0], len(logits))
    rows = np.concatenate([noise.next().copy() for _ in range(n)])
    return sample_tokens(np.broadcast_to(logits, rows.shape), temperature, rows)


def test_temperature_zero_takes_the_first_of_the_likeliest() -> None:
    assert draws(np.array([0.0, 2.0, 2.0]), 0.0, 3).tolist() == [1, 1, 1]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_follow_the_softmax_at_the_temperature(temperature: float) -> None:
    """Pearson's chi-squared over 20,000 draws, five degrees of freedom: 20.5 has probability 0.001."""
    logits = np.array([0.0, 1.0, -1.0, 0.5, 2.0, -2.0])
    found = np.bincount(draws(logits, temperature, 20_000), minlength=6)
    expected = softmax(logits / temperature) * 20_000
    assert ((found - expected) ** 2 / expected).sum() < 20.5


@given(some_logits, st.floats(0, 5), st.integers(0, 1000))
def test_a_token_without_probability_is_never_drawn(logits: Row, temperature: float, seed: int) -> None:
    possible = np.append(logits, 0.0)
    possible[: len(logits) // 2] = -np.inf
    assert (draws(possible, temperature, 10, seed) >= len(logits) // 2).all()


def test_streams_draw_from_generators_of_their_own() -> None:
    together, alone = GumbelNoise(3, range(4), 7), GumbelNoise(3, [2], 7)
    np.testing.assert_array_equal(together.next()[2], alone.next()[0])
    np.testing.assert_array_equal(together.next_of(2), alone.next_of(0))
    assert len({tuple(row) for row in together.next()}) == 4


def test_noise_is_new_every_time() -> None:
    noise = GumbelNoise(3, [0], 1000)
    rows = [tuple(noise.next()[0]) for _ in range(20)] + [tuple(noise.next_of(0))]
    assert len(set(rows)) == 21
    assert len({number for row in rows for number in row}) == 21_000


def test_a_vocabulary_of_one_always_gives_its_token() -> None:
    config = SamplingConfig(top_k=3, top_p=0.1, min_p=0.5, typical=0.1)
    assert draws(apply_filters(np.array([1.5]), config), 1.0, 3).tolist() == [0, 0, 0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_logits_that_are_no_numbers_are_refused(bad: float) -> None:
    check_logits(np.array([[0.0, 1e10]], dtype=np.float32))
    with pytest.raises(RunError, match="diverged"):
        check_logits(np.array([[0.0, bad]]))


@pytest.mark.parametrize("temperature", [1e-310, 1e-6])
def test_the_smallest_temperatures_draw_the_likeliest(temperature: float) -> None:
    assert set(draws(np.array([1.0, 3.0, 2.0]), temperature, 50).tolist()) == {1}


@pytest.mark.parametrize("temperature", [1e6, 1e300])
def test_the_largest_temperatures_draw_everything_alike(temperature: float) -> None:
    """Chi-squared with two degrees of freedom: 13.8 has probability 0.001."""
    found = np.bincount(draws(np.array([1.0, 9.0, 2.0]), temperature, 3000), minlength=3)
    assert ((found - 1000) ** 2 / 1000).sum() < 13.8
