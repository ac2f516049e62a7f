"""Ids from a model: the same for the same seed, and as likely as the model says."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from seqgen.config import Budget, Cell, SamplingConfig
from seqgen.inference import build_stepper
from seqgen.run import SavedModel, open_model
from seqgen.sampling import Candidates, SampledTokens, generate, prefill
from seqgen.sampling.constraints.constraint_set import ConstraintSet, copies
from seqgen.sampling.filters import apply_filters, softmax
from seqgen.tokenizers import END_OF_TEXT
from tests import tiny
from tests.sampling.texts import write


def steps(
    model: SavedModel, n: int, *, prompt: list[int] | None = None, n_texts: int = 1, **options: Any
) -> list[SampledTokens]:
    """The next `n` tokens of some texts, logits copied so that they stay."""
    prefilled, config = prefill(model, prompt or []), SamplingConfig(**options)
    constraints = ConstraintSet(model, config).after(prompt or [], length=None)
    candidates = Candidates(prefilled, config, constraints=[copies(constraints) for _ in range(n_texts)])
    tokens = itertools.islice(generate(prefilled, candidates), n)
    return [SampledTokens(sampled.ids, sampled.logits.copy()) for sampled in tokens]


def first_ids(model: SavedModel, n: int, **options: Any) -> list[int]:
    return [int(sampled.ids[0]) for sampled in steps(model, n, **options)]


@pytest.fixture(scope="module")
def model(run_folder: Path) -> SavedModel:
    return open_model(run_folder)


@pytest.mark.parametrize("count", [3, 70])
@pytest.mark.parametrize("cell", get_args(Cell))
def test_the_same_seed_gives_the_same_text_on_any_number_of_threads(cell: Cell, count: int, tmp_path: Path) -> None:
    saved = open_model(tiny.trained(tmp_path / "run", cell=cell))
    texts = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            texts.append([text.text for text in write(saved, count=count, seed=5)])
    assert texts[0] == texts[1]
    assert [text.text for text in write(saved, count=count, seed=6)] != texts[0]
    assert len(set(texts[0])) == count


@pytest.mark.parametrize("cell", get_args(Cell))
def test_earlier_texts_of_the_process_do_not_change_a_single_bit(cell: Cell, tmp_path: Path) -> None:
    """The matrices are large enough for BLAS to use several threads, and the main thread has written a text before."""
    settings = {"d_model": 256} if cell != "transformer" else {"d_model": 256, "n_head": 4, "d_head": 64}
    saved = open_model(tiny.trained(tmp_path / "run", cell=cell, budget=Budget(steps=1), settings=settings))

    def nats() -> list[float]:
        return [text.nats for text in write(saved, length=10, count=40)]

    with threadpool_limits(2):
        first = nats()
        write(saved, length=3)
        assert nats() == first
    with threadpool_limits(1):
        assert nats() == first


def test_temperature_0_gives_the_same_ids_whatever_the_seed(model: SavedModel) -> None:
    assert first_ids(model, 30, temperature=0, seed=1) == first_ids(model, 30, temperature=0, seed=2)


@pytest.mark.parametrize("options", [{}, {"top_k": 6}, {"temperature": 0.5, "ban": ("th",)}], ids=str)
def test_texts_begin_with_each_token_as_often_as_the_model_says(options: dict[str, Any], model: SavedModel) -> None:
    """Pearson's chi-squared over 4,000 texts is less than three standard deviations above its mean."""
    config = SamplingConfig(**{"temperature": 1.0, **options})
    prompt = model.tokenizer.encode("t").ids.tolist()
    (sampled,) = steps(model, 1, prompt=prompt, n_texts=4000, **{"temperature": 1.0, **options})
    row = sampled.logits[:1].copy()
    row[0, END_OF_TEXT] = -np.inf
    if config.ban:
        row[0, model.tokenizer.encode("h").ids[0]] = -np.inf
    expected = softmax(apply_filters(row, config)[0] / config.temperature) * 4000
    counts = np.bincount(sampled.ids, minlength=len(expected))
    assert not counts[expected == 0].any()
    counted = expected > 5
    statistic = ((counts - expected)[counted] ** 2 / expected[counted]).sum()
    n = np.count_nonzero(counted)
    assert statistic < n + 3 * (2 * n) ** 0.5


def test_a_prompt_is_read_as_if_it_had_been_sampled(model: SavedModel) -> None:
    alone = first_ids(model, 12, temperature=0)
    assert first_ids(model, 7, prompt=alone[:5], temperature=0) == alone[5:]


def test_the_nats_of_a_token_are_the_models_own_whatever_the_filters(model: SavedModel) -> None:
    reader = build_stepper(model.record.model, model.weights, n_streams=2)
    before = reader.step(np.array([END_OF_TEXT, END_OF_TEXT]))
    for sampled in steps(model, 30, n_texts=2, temperature=3.0, top_k=20, presence_penalty=1.0):
        expected = -np.log(softmax(before)[[0, 1], sampled.ids])
        np.testing.assert_allclose(sampled.nats(), expected, rtol=1e-6)
        before = reader.step(sampled.ids)


def test_penalties_look_back_over_the_prompt_and_no_further_than_their_window(model: SavedModel) -> None:
    """With a penalty beyond all logits, a token comes back only after it has left the window."""
    n_window = 7
    prompt = model.tokenizer.encode("Mina sat").ids.tolist()
    sampled = first_ids(model, 60, prompt=prompt, temperature=0, presence_penalty=1e6, penalty_window=n_window)
    ids = [*prompt, *sampled]
    for place in range(len(prompt), len(ids)):
        assert ids[place] not in ids[place - n_window : place]
    assert len(set(sampled)) < 60


def test_the_second_text_does_not_depend_on_how_many_others_there_are(model: SavedModel) -> None:
    two, three = (np.stack([step.ids for step in steps(model, 20, n_texts=n, seed=3)]) for n in (2, 3))
    np.testing.assert_array_equal(two, three[:, :2])
