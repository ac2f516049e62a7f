"""When a run has tables of n-grams, how large they are, and how they are trained."""

from __future__ import annotations

import pytest

from seqgen.config import Budget, Cell
from seqgen.training.planning.problem import CorpusFacts
from seqgen.training.planning.resolve import start_from
from tests.tiny import MODEL_CONFIGS
from tests.training.planning.test_resolve import EVERY_CELL, LARGE, resolved_for, words_chosen


@pytest.mark.parametrize("cell", EVERY_CELL)
def test_more_epochs_get_a_lower_rate_and_more_dropout_for_ngrams(cell: Cell) -> None:
    once, often = (resolved_for(cell, {"ngram_order": 4}, LARGE, Budget(epochs=epochs)) for epochs in (1, 5))
    assert once.training.ngram_rate > often.training.ngram_rate
    assert (once.model.ngram_dropout, often.model.ngram_dropout) == (0.0, 0.5)


def test_a_small_text_gets_small_tables_of_ngrams() -> None:
    small = CorpusFacts(vocab_size=66, n_train=5_000, n_valid=500)
    budget = Budget(epochs=1)
    rows = [resolved_for("gru", {"ngram_order": 4}, corpus, budget).model.ngram_rows for corpus in (small, LARGE)]
    assert rows == [512, 32_768]


@pytest.mark.parametrize("cell", EVERY_CELL)
def test_few_epochs_get_embeddings_of_ngrams_and_many_do_not(cell: Cell) -> None:
    few, many = (resolved_for(cell, {}, LARGE, Budget(epochs=epochs)) for epochs in (3, 20))
    assert (few.model.ngram_order, many.model.ngram_order) == (5, None)
    assert "ngram_order" in words_chosen(few)
    assert "ngram_order" not in words_chosen(many)


def test_a_long_training_run_learns_ngrams_without_tables() -> None:
    corpus = CorpusFacts(vocab_size=51, n_train=5_000_000, n_valid=400_000)
    short, long = (resolved_for("gru", {}, corpus, Budget(epochs=epochs)) for epochs in (1, 3))
    assert (short.model.ngram_order, long.model.ngram_order) == (5, None)


def test_words_one_hot_vectors_and_whoever_wants_none_get_no_ngrams() -> None:
    budget = Budget(epochs=1)
    words = CorpusFacts(vocab_size=10_000, n_train=1_000_000, n_valid=100_000)
    assert resolved_for("lstm", {}, words, budget).model.ngram_order is None
    assert resolved_for("lstm", {"d_embedding": None}, LARGE, budget).model.ngram_order is None
    assert resolved_for("lstm", {"ngram_order": None}, LARGE, budget).model.ngram_order is None


def test_a_child_has_ngrams_only_if_its_parent_has_them() -> None:
    parent = MODEL_CONFIGS["lstm"]
    cell, settings = start_from(parent, cell=None, settings={})
    assert cell == "lstm"
    corpus = CorpusFacts(vocab_size=parent.vocab_size, n_train=5_000, n_valid=500)
    child = resolved_for(cell, settings, corpus, Budget(epochs=1), parent_ratio=0.4)
    assert child.model.ngram_order is None
