"""Sampled tokens follow the softmax of the logits, at every temperature."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen.config import SamplingConfig
from seqgen.sampling.filters import apply_filters, softmax
from seqgen.sampling.noise import GumbelNoise, sample_tokens

Row = Any

some_logits = st.lists(
    st.sampled_from([-3.0, -1.0, 0.0, 0.0, 0.5, 2.0]) | st.floats(-20, 20), min_size=1, max_size=30
).map(np.array)


def samples(logits: Row, temperature: float, n: int, seed: int = 4) -> Row:
    noise = GumbelNoise(seed, [0], vocab_size=len(logits))
    rows = np.concatenate([noise.next().copy() for _ in range(n)])
    return sample_tokens(np.broadcast_to(logits, rows.shape), temperature, noise=rows)


def test_temperature_0_takes_the_first_of_the_likeliest() -> None:
    assert samples(np.array([0.0, 2.0, 2.0]), 0.0, 3).tolist() == [1, 1, 1]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_samples_follow_the_softmax_at_the_temperature(temperature: float) -> None:
    """Pearson's chi-squared over 20,000 samples, five degrees of freedom: 20.5 has probability 0.001."""
    logits = np.array([0.0, 1.0, -1.0, 0.5, 2.0, -2.0])
    counts = np.bincount(samples(logits, temperature, 20_000), minlength=6)
    expected = softmax(logits / temperature) * 20_000
    assert ((counts - expected) ** 2 / expected).sum() < 20.5


@given(some_logits, st.floats(0, 5), st.integers(0, 1000))
def test_a_removed_token_is_never_sampled(logits: Row, temperature: float, seed: int) -> None:
    possible = np.append(logits, 0.0)
    possible[: len(logits) // 2] = -np.inf
    assert (samples(possible, temperature, 10, seed) >= len(logits) // 2).all()


def test_each_text_has_a_random_generator_of_its_own() -> None:
    together, alone = GumbelNoise(3, range(4), vocab_size=7), GumbelNoise(3, [2], vocab_size=7)
    np.testing.assert_array_equal(together.next()[2], alone.next()[0])
    np.testing.assert_array_equal(together.next_for(2), alone.next_for(0))
    assert len({tuple(row) for row in together.next()}) == 4


def test_noise_is_new_every_time() -> None:
    noise = GumbelNoise(3, [0], vocab_size=1000)
    rows = [tuple(noise.next()[0]) for _ in range(20)] + [tuple(noise.next_for(0))]
    assert len(set(rows)) == 21
    assert len({number for row in rows for number in row}) == 21_000


def test_a_vocabulary_of_one_always_gives_its_token() -> None:
    config = SamplingConfig(top_k=3, top_p=0.1, min_p=0.5, typical=0.1)
    assert samples(apply_filters(np.array([1.5]), config), 1.0, 3).tolist() == [0, 0, 0]


@pytest.mark.parametrize("temperature", [1e-310, 1e-6])
def test_the_smallest_temperatures_take_the_likeliest(temperature: float) -> None:
    assert set(samples(np.array([1.0, 3.0, 2.0]), temperature, 50).tolist()) == {1}


@pytest.mark.parametrize("temperature", [1e6, 1e300, 1.7e308])
def test_the_largest_temperatures_sample_all_tokens_alike_and_without_a_warning(temperature: float) -> None:
    """Chi-squared with two degrees of freedom: 13.8 has probability 0.001."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        counts = np.bincount(samples(np.array([1.0, 9.0, 2.0]), temperature, 3000), minlength=3)
    assert ((counts - 1000) ** 2 / 1000).sum() < 13.8
