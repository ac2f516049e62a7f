"""The sampler of the page: its functions, its generator, its filters, and how often it chooses what."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seqgen.config import SamplingConfig
from seqgen.sampling.filters import apply_filters, softmax
from tests.page.engine.asking import ask_node, needs_node

pytestmark = needs_node

TIED = [1.0, 3.0, 3.0, -2.0, 3.0, 0.5, 0.5, -1.0]


def sfc32(seed: int, n: int) -> list[int]:
    """The generator of Doty-Humphrey after its published code."""
    a, b, c, counter, numbers = 0, seed & 0xFFFFFFFF, seed >> 32, 1, []
    for _ in range(12 + n):
        number = (a + b + counter) & 0xFFFFFFFF
        counter += 1
        a, b = b ^ (b >> 9), (c + (c << 3)) & 0xFFFFFFFF
        c = (((c << 21) | (c >> 11)) + number) & 0xFFFFFFFF
        numbers.append(number)
    return numbers[12:]


def test_exponentials_logarithms_and_angles_are_right_to_twelve_digits() -> None:
    numbers = [
        0.0,
        1.0,
        -1.0,
        0.3466,
        -0.3466,
        88.7,
        -745.5,
        710.0,
        -700.0,
        1e-310,
        2.5e-8,
        123456.789,
        1e6,
        *np.linspace(-50, 50, 401).tolist(),
    ]
    for x, (power, log, cosine, sine) in zip(
        numbers, ask_node([{"ask": "functions", "numbers": numbers}])[0], strict=True
    ):
        assert power is None if x > 709 else power == pytest.approx(math.exp(x), rel=1e-12, abs=1e-320)
        assert log is None if x == 0 else log == pytest.approx(math.log(abs(x)), rel=1e-12, abs=1e-15)
        assert (cosine, sine) == pytest.approx((math.cos(x), math.sin(x)), rel=0, abs=1e-12)


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**53 - 1])
def test_the_generator_is_sfc32(seed: int) -> None:
    assert ask_node([{"ask": "bits", "seed": seed, "n": 20}])[0] == sfc32(seed, 20)


def test_the_filters_keep_the_tokens_that_seqgen_keeps() -> None:
    rng = np.random.default_rng(0)
    rows = [TIED, [0.0] * 4, *rng.normal(size=(20, 12)).round(1).tolist()]
    settings = [(k, p) for k in (None, 1, 2, 5, 99) for p in (None, 1e-9, 0.3, 0.5, 0.7, 0.95)]
    questions = [{"ask": "kept", "logits": row, "topK": k, "topP": p} for row in rows for k, p in settings]
    for question, kept in zip(questions, ask_node(questions), strict=True):
        config = SamplingConfig(top_k=question["topK"], top_p=question["topP"])
        assert kept == np.flatnonzero(np.isfinite(apply_filters(np.array(question["logits"]), config))).tolist()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_tokens_are_chosen_as_often_as_their_probabilities_say(temperature: float) -> None:
    settings = {"temperature": temperature, "mayEnd": True}
    counts = ask_node([{"ask": "draws", "logits": TIED, "seed": 5, "n": 40_000, "settings": settings}])[0]
    expected = softmax(np.array(TIED) / temperature)
    assert np.abs(np.array(counts) / 40_000 - expected).max() < 0.01


def test_temperature_0_takes_the_likeliest_token_with_the_lowest_id() -> None:
    settings = {"temperature": 0, "mayEnd": True}
    assert ask_node([{"ask": "draws", "logits": TIED, "seed": 5, "n": 3, "settings": settings}])[0][1] == 3
