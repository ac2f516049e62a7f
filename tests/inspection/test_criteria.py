"""The criteria: exact where they follow from how a network is built, and planted where they depend on what it knows."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from seqgen.config import ByteConfig, TokenizerConfig, WordConfig
from seqgen.errors import ConfigError, CorpusError
from seqgen.evaluation import Reading, TextSelection, readings
from seqgen.inspection.contexts import Passages
from seqgen.inspection.criteria import Criteria, CriteriaConfig, measure_criteria
from seqgen.inspection.new_cells import NewCell
from seqgen.inspection.orders import measure_order
from seqgen.inspection.places import (
    NEW_PLACES,
    PLACES_VOCABULARY,
    TRAINED_PLACES,
    learn_places,
    mean_over,
    right_at_places,
)
from seqgen.inspection.predictors import BagPredictor, DecoderPredictor, Predictor, WindowPredictor, nats_after
from seqgen.inspection.text_draws import draw_bags, draw_windows
from seqgen.run import open_model
from seqgen.tokenizers import END_OF_TEXT
from tests import tiny
from tests.inspection.test_memory import delay_line

PERIOD = 20
"""More than the window reads."""
V = 30
IDS = np.random.default_rng(0).integers(1, V, 3000)
PASSAGES = Passages.of(len(IDS), after=128, n_tokens=24 * 16)
SHORT = CriteriaConfig(longest=64, n_tokens=24 * 16, n_steps=30)


@pytest.fixture(autouse=True)
def short_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.inspection.criteria._N_TASK_STEPS", 1)


def reading_of(run: Path, text: str, folder: Path) -> Reading:
    path = folder / "text.txt"
    path.write_text(text, encoding="utf-8")
    (found,) = readings(open_model(str(run)), TextSelection.of([str(path)]))
    return found


@pytest.fixture
def story(run_folder: Path, tmp_path: Path) -> Reading:
    return reading_of(run_folder, tiny.TEXT, tmp_path)


@pytest.fixture(scope="module")
def measured(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Criteria:
    reading = reading_of(run_folder, tiny.TEXT, tmp_path_factory.mktemp("measured"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("seqgen.inspection.criteria._N_TASK_STEPS", 1)
        return measure_criteria(reading, reading.encoded.ids, SHORT)


def predictors() -> list[Predictor]:
    gru = NewCell.parse("gru,d_model=8").build(V, seed=0)
    return [DecoderPredictor(gru, name="gru"), WindowPredictor(V, seed=0), BagPredictor(V, seed=0)]


def test_a_window_predicts_exactly_the_same_whatever_stands_before_it() -> None:
    before = np.lib.stride_tricks.sliding_window_view(IDS, 64)[:500]
    targets = IDS[64:564]
    gru, window, bag = (
        {n: nats_after(predictor, before[:, -n:], targets) for n in (8, 16, 32, 64)} for predictor in predictors()
    )
    assert np.array_equal(window[16], window[32])
    assert np.array_equal(window[16], window[64])
    assert (window[8] != window[16]).any()
    assert all((of[16] != of[64]).any() for of in (gru, bag))


def test_a_bag_loses_exactly_nothing_when_its_tokens_are_mixed() -> None:
    assert PASSAGES is not None
    gru, window, bag = (measure_order(each, IDS, PASSAGES, units_per_token=1.0, seed=0) for each in predictors())
    assert (bag.extra_bits == 0).all()
    assert all((of.extra_bits != 0).all(axis=1).all() for of in (gru, window))


def test_a_predictor_reads_what_its_decoder_reads() -> None:
    decoder = NewCell.parse("lstm,d_model=8").build(V, seed=0)
    logits, _ = decoder(torch.from_numpy(IDS[None, :40]))
    predicted = DecoderPredictor(decoder, name="lstm").logits(torch.from_numpy(IDS[None, :40]))
    assert torch.allclose(predicted, logits[:, -1])


def test_the_window_of_a_run_is_flat_and_the_bag_has_no_order(measured: Criteria) -> None:
    run, window, bag = measured.models
    assert [model.most_counting for model in (window, bag)] == [16, 64]
    assert window.far_gain == window.far_plus_minus == 0
    assert set(bag.order.means) == {0.0}
    assert [model.verdicts["variable length"] for model in (run, window, bag)] == [True, False, True]
    assert not window.verdicts["long-term dependencies"]
    assert not bag.verdicts["order"]


def test_what_a_transformer_cannot_look_back_to_does_not_count(tmp_path: Path) -> None:
    reading = reading_of(tiny.trained(tmp_path / "transformer", cell="transformer"), tiny.TEXT, tmp_path)
    assert reading.decoder.reach == 47
    run = measure_criteria(reading, reading.encoded.ids, replace(SHORT, longest=128, n_steps=1)).models[0]
    assert run.most_counting == 64


@pytest.mark.parametrize("tokenizer", [WordConfig(), ByteConfig()])
def test_tokens_of_every_kind_are_read(tokenizer: TokenizerConfig, tmp_path: Path) -> None:
    reading = reading_of(tiny.trained(tmp_path / "run", tokenizer=tokenizer), tiny.TEXT, tmp_path)
    found = measure_criteria(reading, reading.encoded.ids, replace(SHORT, longest=200, n_tokens=96, n_steps=2))
    assert [model.verdicts["variable length"] for model in found.models] == [True, False, True]
    assert found.memory.unit == "character"


def test_one_more_token_costs_parameters_only_in_the_window(measured: Criteria) -> None:
    run, window, bag = measured.models
    assert (run.n_per_token, bag.n_per_token) == (0, 0)
    network = WindowPredictor(V, seed=0)
    hidden = network.network.get_submodule("hidden")
    assert isinstance(hidden, torch.nn.Linear)
    wider = torch.nn.Linear(hidden.in_features + 32, hidden.out_features)  # 32 is the width of an embedding
    grown = wider.weight.numel() - hidden.weight.numel()
    assert window.n_per_token == network.n_per_token == grown == 8192


def test_what_stands_farther_back_than_the_window_is_used_by_whoever_remembers_it(
    run_folder: Path, tmp_path: Path
) -> None:
    """A text that repeats itself after 20 characters, and a model whose state is a delay line of 20 tokens."""
    block = "".join(random.Random(1).choices("abcdefgh", k=PERIOD))
    reading = reading_of(run_folder, block * 60, tmp_path)
    model = delay_line(reading.saved.tokenizer.vocab_size, delay=PERIOD)
    with torch.no_grad():
        head = dict(model.named_parameters())["head.weight"]
        head.zero_()[:, -len(head) :] = 30 * torch.eye(len(head))
    config = replace(SHORT, longest=32, n_tokens=200, n_steps=1)
    found = measure_criteria(replace(reading, decoder=model), reading.encoded.ids, config)
    run, window, _ = found.models
    assert run.curve.means[-1] == pytest.approx(0, abs=1e-6)
    assert run.far_gain == pytest.approx(np.log2(len(head)), abs=1e-3)  # without the past, all tokens are alike
    assert run.most_counting == 32
    assert run.verdicts["long-term dependencies"]
    assert window.far_gain == 0


def test_a_gain_is_one_only_if_it_is_surely_above_0(measured: Criteria) -> None:
    run, _, _ = measured.models

    def verdict(gain: float, noise: float) -> bool | None:
        bits = np.full((7, 24), 2.0)
        bits[:5] += gain + noise * np.linspace(-1, 1, 24)
        return replace(run, curve=replace(run.curve, bits=bits)).verdicts["long-term dependencies"]

    assert verdict(0.1, noise=0.0) is True
    assert verdict(0.1, noise=5.0) is None
    assert verdict(-0.1, noise=0.0) is False
    assert verdict(0.0, noise=0.0) is False


def test_two_measurements_are_equal_and_another_seed_gives_other_numbers(story: Reading) -> None:
    first, second, third = (
        measure_criteria(story, story.encoded.ids, replace(SHORT, n_steps=3, seed=seed)).to_json()["models"]
        for seed in (0, 0, 1)
    )
    assert first == second
    assert first[1]["lengths"] != third[1]["lengths"]
    assert first[0]["lengths"] == third[0]["lengths"]  # the run is what it is


def test_the_window_and_the_bag_learn_from_the_training_text(story: Reading) -> None:
    few, many = (
        measure_criteria(story, story.encoded.ids, replace(SHORT, n_steps=n_steps)).models for n_steps in (1, 60)
    )
    for number in (1, 2):
        assert many[number].curve.means[0] < few[number].curve.means[0] - 0.5


@pytest.mark.parametrize("cell", ["gru", "transformer"])
def test_who_shares_weights_names_a_letter_at_new_places(cell: str) -> None:
    small = DecoderPredictor(NewCell.parse(f"{cell},d_model=32").build(PLACES_VOCABULARY, seed=0), name=cell)
    trained, new = right_after(small, n_steps=150)
    assert trained > 0.95
    assert new > 0.9


def test_the_window_names_it_only_where_it_stood_in_training_and_the_bag_everywhere() -> None:
    trained, new = right_after(WindowPredictor(PLACES_VOCABULARY, seed=0), n_steps=100)
    assert trained > 0.95
    assert new < 0.3
    assert min(right_after(BagPredictor(PLACES_VOCABULARY, seed=0), n_steps=200)) > 0.95


def right_after(predictor: Predictor, *, n_steps: int) -> Sequence[float]:
    """The share of letters that are named at trained and at new places."""
    learn_places(predictor, n_steps=n_steps, seed=0)
    right = right_at_places(predictor, seed=0)
    return [mean_over(right, places).value for places in (TRAINED_PLACES, NEW_PLACES)]


def test_examples_are_passages_of_the_text_at_all_lengths() -> None:
    ids = np.arange(1, 400)
    before, targets = draw_windows(ids, n_before=16, vocab_size=400, seed=0)()
    assert torch.equal(before[:, -1], targets - 1)
    n_given = (before != END_OF_TEXT).sum(dim=1)
    assert n_given.min() == 1
    assert 0.4 < (n_given == 16).double().mean() < 0.65
    draw = draw_bags(ids, longest=64, vocab_size=400, seed=0)
    bags = [draw() for _ in range(60)]
    assert {before.shape[1] for before, _ in bags} == {1, 2, 4, 8, 16, 32, 64}
    assert all(torch.equal(before[:, 0] + before.shape[1], targets) for before, targets in bags)


def test_short_texts_are_refused(run_folder: Path, story: Reading, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"inputs have 16 tokens at most, .* so they must have 32"):
        measure_criteria(story, story.encoded.ids, replace(SHORT, longest=16))
    with pytest.raises(CorpusError, match="the training part has 50 tokens, too few to learn from inputs of 64"):
        measure_criteria(story, story.encoded.ids[:50], SHORT)
    with pytest.raises(ConfigError, match="steps is 0: it must be 1 or more"):
        CriteriaConfig(n_steps=0)
