"""How much a model knows of a text before it learns from it, and the rates that follow from that."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from seqgen.config import Budget, Cell, CorpusConfig, FieldValue, TrainingConfig
from seqgen.run import SavedModel, open_model
from seqgen.training import TrainingRequest
from seqgen.training.data import prepare_corpus
from seqgen.training.planning.parent import measure_parent
from seqgen.training.planning.problem import CorpusFacts, Problem
from seqgen.training.planning.resolve import resolve
from tests import tiny

NOVEL = CorpusFacts(vocab_size=66, n_train=1_000_000, n_valid=110_000)


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> SavedModel:
    """A model that has learned the tiny text a little."""
    return open_model(tiny.trained(tmp_path_factory.mktemp("parent") / "run", budget=Budget(steps=60)))


def ratio_on(text: str, parent: SavedModel, folder: Path) -> float:
    path = folder / "text.txt"
    path.write_text(text, encoding="utf-8")
    return measure_parent(
        parent, prepare_corpus(TrainingRequest(corpus=CorpusConfig(paths=(str(path),)), parent=parent))
    )


def test_a_model_knows_the_text_that_it_learned_better_than_a_unigram_model(parent: SavedModel, tmp_path: Path) -> None:
    assert ratio_on(tiny.TEXT, parent, tmp_path) < 1


def test_a_model_that_is_sure_of_the_wrong_things_is_worse_than_a_unigram_model(
    parent: SavedModel, tmp_path: Path
) -> None:
    assert ratio_on("tttt.tt.ttt" * 200, parent, tmp_path) > 1


@pytest.mark.parametrize("text", ["ab", "a" * 50])
def test_a_tiny_or_constant_text_has_a_ratio_too(text: str, parent: SavedModel, tmp_path: Path) -> None:
    assert ratio_on(text, parent, tmp_path) > 1


def test_a_parent_that_lacks_the_characters_of_a_text_knows_nothing_of_it(parent: SavedModel, tmp_path: Path) -> None:
    for text in ("жш жж шшж " * 200, "жшжжшшж" * 200):
        (tmp_path / "text.txt").write_text(text, encoding="utf-8")
        corpus = CorpusConfig(paths=(str(tmp_path / "text.txt"),))
        request = TrainingRequest(corpus=corpus, parent=parent, keeps_vocabulary=False)
        assert measure_parent(parent, prepare_corpus(request), keeps_vocabulary=False) > 1


def trained_with(
    ratio: float | None, *, cell: Cell = "lstm", settings: dict[str, FieldValue] | None = None
) -> TrainingConfig:
    """How a run is trained whose parent needs this many times the nats of a unigram model."""
    problem = Problem(settings=settings or {}, corpus=NOVEL, budget=Budget(steps=9), parent_ratio=ratio)
    return resolve(cell, problem).training


@pytest.mark.parametrize("cell", get_args(Cell))
def test_a_run_with_a_parent_learns_at_a_part_of_the_rates_of_a_fresh_one(cell: Cell) -> None:
    fresh, child = (trained_with(ratio, cell=cell) for ratio in (None, 0.4))
    assert child.learning_rate < fresh.learning_rate
    assert child.muon_rate / fresh.muon_rate == pytest.approx(child.learning_rate / fresh.learning_rate)


def test_a_rate_that_is_set_does_not_depend_on_a_parent() -> None:
    fresh, child = (trained_with(ratio, settings={"learning_rate": 0.02}) for ratio in (None, 0.4))
    assert child.learning_rate == fresh.learning_rate
    assert child.muon_rate == fresh.muon_rate


def test_the_less_a_parent_knows_of_the_text_the_higher_the_rate() -> None:
    rates = [trained_with(ratio).learning_rate for ratio in (0.1, 0.5, 0.7, 0.9, 1.0, 3.0, None)]
    assert rates == sorted(rates)
    assert rates[0] == rates[1] < rates[2] < rates[3] < rates[4]
    assert rates[4] == pytest.approx(rates[-1])


def test_a_parent_that_knows_nothing_of_the_text_is_worth_a_note() -> None:
    notes = [
        resolve("lstm", Problem(settings={}, corpus=NOVEL, budget=Budget(steps=9), parent_ratio=ratio)).notes
        for ratio in (None, 0.9, 1.2)
    ]
    assert [any("--from none" in line for line in lines) for lines in notes] == [False, False, True]
