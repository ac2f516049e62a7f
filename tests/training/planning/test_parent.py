"""How much a model knows of a text or of pairs before it learns from them, and the rates that follow from that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from seqgen.config import Budget, Cell, CorpusConfig, FieldValue, TrainingConfig
from seqgen.run import SavedModel, open_model
from seqgen.training import TrainingRequest
from seqgen.training.data import prepare_corpus
from seqgen.training.pairs import prepare_pairs
from seqgen.training.planning.pair_problem import PairProblem
from seqgen.training.planning.parent import measure_parent, measure_parent_of_pairs
from seqgen.training.planning.problem import CorpusFacts, PairSizes, Problem
from seqgen.training.planning.resolve import resolve
from seqgen.training.planning.resolve_pairs import resolve_pairs
from tests import tiny, tiny_pairs

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


@pytest.fixture(scope="module")
def parent_of_pairs(tmp_path_factory: pytest.TempPathFactory) -> SavedModel:
    """A model that tells words with an `a` from others."""
    folder = tmp_path_factory.mktemp("pairs") / "run"
    text = tiny_pairs.labelled_words(300)
    return open_model(tiny_pairs.trained(folder, text=text, budget=Budget(steps=150), settings={"average": None}))


def ratio_on_pairs(text: str, parent: SavedModel, folder: Path, **corpus: Any) -> float:
    request = tiny_pairs.request(folder / "other", text=text, **corpus)
    return measure_parent_of_pairs(parent, prepare_pairs(replace(request, parent=parent)))


def test_a_model_knows_the_pairs_that_it_learned_better_than_frequencies_do(
    parent_of_pairs: SavedModel, tmp_path: Path
) -> None:
    assert ratio_on_pairs(tiny_pairs.labelled_words(100), parent_of_pairs, tmp_path) < 0.9


def test_a_model_that_has_learned_the_contrary_knows_less_than_frequencies(
    parent_of_pairs: SavedModel, tmp_path: Path
) -> None:
    contrary = tiny_pairs.labelled_words(100).replace("yes", "?").replace("no", "yes").replace("?", "no")
    assert ratio_on_pairs(contrary, parent_of_pairs, tmp_path) > 1


def test_pairs_without_a_validation_part_have_a_ratio_too(parent_of_pairs: SavedModel, tmp_path: Path) -> None:
    assert ratio_on_pairs(tiny_pairs.labelled_words(100), parent_of_pairs, tmp_path, valid_fraction=0.0) < 0.9


def test_validation_pairs_decide_if_there_are_any(parent_of_pairs: SavedModel, tmp_path: Path) -> None:
    known = tiny_pairs.labelled_words(100)
    (tmp_path / "contrary.tsv").write_text(known.replace("yes", "?").replace("no", "yes").replace("?", "no"))
    assert ratio_on_pairs(known, parent_of_pairs, tmp_path, valid_paths=(str(tmp_path / "contrary.tsv"),)) > 1


def pairs_trained_with(ratio: float | None, **settings: FieldValue) -> TrainingConfig:
    """How a run of pairs is trained whose parent needs this many times the nats of a unigram model."""
    return resolve_pairs("gru", pair_problem(ratio, **settings)).training


def pair_problem(ratio: float | None, **settings: FieldValue) -> PairProblem:
    sizes = {"n_source_tokens": 60_000, "n_target_tokens": 50_000, "longest_source": 9, "longest_target": 8}
    facts = PairSizes(
        vocab_size=27, source_vocab_size=28, n_pairs=10_000, n_valid_pairs=1_000, has_labels=False, **sizes
    )
    return PairProblem(settings=settings, facts=facts, budget=Budget(epochs=5), parent_ratio=ratio)


def test_the_rates_of_pairs_fall_with_what_the_parent_knows_as_those_of_texts_do() -> None:
    for ratio in (0.2, 0.7, 1.0, 2.0):
        of_pairs, of_text = pairs_trained_with(ratio), trained_with(ratio, cell="gru")
        assert of_pairs.learning_rate == of_text.learning_rate
        assert of_pairs.muon_rate == of_text.muon_rate
    assert pairs_trained_with(0.2).learning_rate < pairs_trained_with(None).learning_rate
    assert pairs_trained_with(0.2, learning_rate=0.02).learning_rate == 0.02


def test_a_parent_that_predicts_targets_badly_is_worth_a_note() -> None:
    notes = [resolve_pairs("gru", pair_problem(ratio)).notes for ratio in (None, 0.9, 1.2)]
    assert [any("predicts these targets worse" in line for line in lines) for lines in notes] == [False, False, True]


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
