"""Filters against brute force."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen.config import SamplingConfig
from seqgen.errors import RunError
from seqgen.sampling.filters import (
    apply_filters,
    check_logits,
    keep_min_p,
    keep_top_k,
    keep_top_p,
    keep_typical,
    penalise_counts,
    penalise_repetition,
    softmax,
    surprise_nats,
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
def test_top_k_keeps_exactly_the_k_likeliest_and_of_ties_the_first(logits: Row, k: int) -> None:
    expected = sorted(range(len(logits)), key=lambda token: (-logits[token], token))[:k]
    assert kept(keep_top_k(logits, k)) == sorted(expected)


def test_a_tie_of_all_keeps_k() -> None:
    assert np.isfinite(keep_top_k(np.zeros(50), 7)).sum() == 7


def test_of_tokens_that_tie_for_the_last_place_the_first_is_kept() -> None:
    logits = np.log([0.125, 0.5, 0.125, 0.125, 0.125])
    assert kept(keep_top_k(logits, 3)) == kept(keep_top_p(logits, 0.75)) == [0, 1, 2]


def test_the_likeliest_tokens_of_a_large_vocabulary_are_kept() -> None:
    logits = np.random.default_rng(0).permutation(5000).astype(np.float32)
    for k in (1, 17, 4000, 4999, 5000):
        assert (keep_top_k(logits, k)[logits >= 5000 - k] >= 0).all()
        assert len(kept(keep_top_k(logits, k))) == k


def test_no_more_tokens_are_kept_than_reach_p_exactly() -> None:
    for keep in (keep_top_p, keep_typical):
        assert kept(keep(np.zeros(4), 0.5)) == [0, 1]


def test_of_large_logits_only_the_differences_count() -> None:
    for keep in (keep_top_p, keep_min_p, keep_typical):
        logits = np.array([3.0, 2.0, -4.0])
        assert kept(keep(logits + 5000, 0.9)) == kept(keep(logits, 0.9))


def test_all_tokens_that_are_as_likely_as_the_likeliest_are_kept() -> None:
    assert kept(keep_min_p(np.array([2.0, 1.0, 2.0]), 1.0)) == [0, 2]


@given(some_logits, shares)
def test_top_p_keeps_the_fewest_tokens_that_reach_p(logits: Row, p: float) -> None:
    tokens = kept(keep_top_p(logits, p))
    probabilities = softmax(logits)
    order = sorted(range(len(logits)), key=lambda token: (-logits[token], token))
    assert tokens == sorted(order[: len(tokens)])
    assert probabilities[order[: len(tokens) - 1]].sum() < p + 1e-9
    assert probabilities[order[: len(tokens)]].sum() >= p - 1e-9


@given(some_logits, shares)
def test_min_p_keeps_what_is_at_least_a_share_as_likely_as_the_likeliest(logits: Row, share: float) -> None:
    probabilities = softmax(logits)
    ratios = probabilities / probabilities.max()
    tokens = set(kept(keep_min_p(logits, share)))
    assert set(np.flatnonzero(ratios > share * (1 + 1e-9))) <= tokens
    assert tokens <= set(np.flatnonzero(ratios >= share * (1 - 1e-9)))


def test_typical_keeps_first_what_is_as_surprising_as_the_model_expects() -> None:
    """Entropy 0.86: the second token's surprise of 1.2 is nearer to it than the first one's of 0.36."""
    logits = np.log([0.7, 0.3 - 1e-9, 1e-9])
    assert kept(keep_typical(logits, 0.05)) == [0]
    logits = np.log([0.4, 0.2, 0.2, 0.2])  # entropy 1.33, surprises 0.92 and 1.61
    assert kept(keep_typical(logits, 0.1)) == [1]
    assert kept(keep_typical(logits, 0.55)) == [1, 2, 3]


@given(some_logits, shares)
def test_typical_keeps_the_fewest_tokens_that_reach_p(logits: Row, p: float) -> None:
    probabilities = softmax(logits)
    tokens = kept(keep_typical(logits, p))
    total = probabilities[tokens].sum()
    assert total >= p - 1e-9
    surprise = -np.log(np.maximum(probabilities, 1e-300))
    distance = np.abs(surprise - (probabilities * surprise).sum())
    farthest = max(tokens, key=lambda token: distance[token])
    assert total - probabilities[farthest] < p + 1e-9
    others = set(range(len(logits))) - set(tokens)
    assert all(distance[token] >= distance[farthest] - 1e-9 for token in others)


@pytest.mark.parametrize("name", FILTERS)
@given(logits=some_logits)
def test_a_filter_changes_neither_what_it_keeps_nor_its_input(name: str, logits: Row) -> None:
    before = logits.copy()
    filtered = FILTERS[name](logits)
    finite = np.isfinite(filtered)
    assert finite[logits.argmax()] or name == "typical"
    assert finite.any()
    assert (filtered[finite] == before[finite]).all()
    assert (logits == before).all()


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("other", FILTERS)
def test_filters_combine_without_a_warning(name: str, other: str) -> None:
    logits = np.array([[3.0, 2.0, 1.0, 0.0, -np.inf, -200.0]])
    with np.errstate(all="raise", under="ignore"):
        filtered = FILTERS[other](FILTERS[name](logits))
    assert np.isfinite(filtered).any()
    assert not np.isfinite(filtered[~np.isfinite(FILTERS[name](logits))]).any()


@pytest.mark.parametrize("name", FILTERS)
def test_each_row_of_a_batch_is_filtered_by_itself(name: str) -> None:
    draws = np.random.default_rng(0).normal(size=(5, 12))
    rows = np.concatenate([draws.round(1), draws.round(), np.zeros((1, 12))])  # the last ones are full of ties
    np.testing.assert_array_equal(FILTERS[name](rows), [FILTERS[name](row) for row in rows])


def test_a_repetition_penalty_divides_positive_logits_and_multiplies_negative_ones() -> None:
    logits, counts = np.array([2.0, -2.0, 2.0, -2.0, 0.5, -0.5, 0.0]), np.array([1, 3, 0, 0, 1, 1, 1])
    assert penalise_repetition(logits, counts, penalty=2.0).tolist() == [1.0, -4.0, 2.0, -2.0, 0.25, -1.0, 0.0]


@pytest.mark.parametrize("penalty", [1e-300, 1e-39, 1e39, 1e308])
def test_penalties_beyond_all_bounds_give_no_warning_and_no_nan(penalty: float) -> None:
    logits, counts = np.array([5.0, -5.0, 0.0, 1.0], dtype=np.float32), np.array([1, 2, 64, 0])
    with np.errstate(all="raise", under="ignore"):
        penalised = penalise_counts(
            penalise_repetition(logits, counts, penalty=penalty), counts, presence=penalty, frequency=-penalty
        )
    assert np.isfinite(penalised).all()
    assert penalised[3] == 1.0


def test_presence_is_subtracted_once_and_frequency_every_time() -> None:
    logits, counts = np.zeros(3), np.array([0, 1, 4])
    assert penalise_counts(logits, counts, presence=0.5, frequency=0.25).tolist() == [0.0, -0.75, -1.5]


def test_filters_apply_in_their_stated_order() -> None:
    """Penalties come first: the likeliest token is no longer the likeliest when top-k chooses."""
    config = SamplingConfig(top_k=1, presence_penalty=5.0)
    assert kept(apply_filters(np.array([[3.0, 2.0, 1.0]]), config, counts=np.array([[1, 0, 0]]))[0]) == [1]
    config = SamplingConfig(top_k=2, top_p=0.5)
    assert kept(apply_filters(np.array([[3.0, 3.0, 3.0, 3.0]]), config)[0]) == [0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_logits_that_are_not_numbers_are_refused(bad: float) -> None:
    check_logits(np.array([[0.0, 1e10]], dtype=np.float32))
    with pytest.raises(RunError, match="diverged"):
        check_logits(np.array([[0.0, bad]]))


def test_surprise_is_the_negative_logarithm_of_the_probability_and_infinite_if_that_is_0() -> None:
    with np.errstate(all="raise", under="ignore"):
        nats = surprise_nats(np.array([0.0, 0.0, -2000.0]))
    assert nats == pytest.approx([np.log(2), np.log(2), np.inf])
