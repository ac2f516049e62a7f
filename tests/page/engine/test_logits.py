"""The steppers of the page compute what the steppers of NumPy compute: the third twin of every cell."""

from __future__ import annotations

from typing import NamedTuple, get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from seqgen.config import ExportPrecision
from seqgen.evaluation.ngram import NgramModel
from seqgen.inference import MixedStepper, NgramExpert, build_stepper
from tests.page.chromium import Browser, needs_chromium
from tests.page.engine.asking import Blobs, Question, ask_node, ask_page, logits_question, needs_node
from tests.tiny import MODEL_CONFIGS, V

STREAMS = np.random.default_rng(0).integers(0, V, (2, 40))
"""Longer than the attention windows of the tiny Transformers."""
CASES = [
    (name, precision, mixed)
    for name in MODEL_CONFIGS
    for precision in get_args(ExportPrecision)
    for mixed in (False, True)
]


class Asked(NamedTuple):
    """Questions about all cases, and what NumPy says to each."""

    questions: list[Question]
    blobs: Blobs
    expected: list[NDArray[np.float32]]


def small_expert() -> NgramExpert:
    ids = np.random.default_rng(2).integers(0, V, 2000)
    return NgramExpert(NgramModel(ids, order=4, vocab_size=V).tables(), vocab_size=V, weight=0.3)


def ask_about_all() -> Asked:
    asked = Asked([], {}, [])
    for name, precision, mixed in CASES:
        config, expert = MODEL_CONFIGS[name], small_expert() if mixed else None
        key = f"{name}-{precision}-{mixed}"
        question, blobs, weights = logits_question(key, config, streams=STREAMS, precision=precision, expert=expert)
        stepper = build_stepper(config, weights, n_streams=len(STREAMS))
        if expert is not None:
            stepper = MixedStepper.of(stepper, expert, n_streams=len(STREAMS))
        asked.questions.append(question)
        asked.blobs.update(blobs)
        asked.expected.append(np.stack([stepper.step(column).copy() for column in STREAMS.T], axis=1))
    return asked


@pytest.fixture(scope="module")
def asked() -> Asked:
    return ask_about_all()


@pytest.fixture(scope="module")
def in_node(asked: Asked) -> list[NDArray[np.float64]]:
    """The logits of all cases in node, and then without WebAssembly."""
    plain = [{**question, "plain": True} for question in asked.questions]
    return [np.array(answer) for answer in ask_node([*asked.questions, *plain], asked.blobs)]


@needs_node
@pytest.mark.parametrize("number", range(len(CASES)), ids=["-".join(map(str, case)) for case in CASES])
def test_the_page_computes_the_logits_of_numpy(asked: Asked, in_node: list[NDArray[np.float64]], number: int) -> None:
    np.testing.assert_allclose(in_node[number], asked.expected[number], rtol=0, atol=1e-5)


@needs_node
def test_plain_javascript_computes_every_bit_that_webassembly_computes(in_node: list[NDArray[np.float64]]) -> None:
    for number in range(len(CASES)):
        np.testing.assert_array_equal(in_node[number], in_node[number + len(CASES)])


@needs_chromium
def test_a_browser_computes_every_bit_that_node_computes(
    browser: Browser, asked: Asked, in_node: list[NDArray[np.float64]]
) -> None:
    for number, answer in enumerate(ask_page(browser, asked.questions, asked.blobs)):
        np.testing.assert_allclose(answer, asked.expected[number], rtol=0, atol=1e-5)
        np.testing.assert_array_equal(answer, in_node[number])
