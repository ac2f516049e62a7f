"""A run with tables of n-grams: stopped, resumed, saved, continued."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqgen.config import Budget, Cell
from seqgen.container import read_container
from seqgen.run import MODEL_FILE, open_model, save_model
from seqgen.training import Session, TrainingRequest
from tests import tiny
from tests.training.test_session import trained_in_parts, weights_and_metrics

BUDGET = Budget(steps=26)
SETTINGS: dict[str, Any] = {"evaluate_every": 6, **tiny.NGRAMS, "ngram_dropout": 0.3}


@pytest.mark.parametrize("cell", ["lstm", "transformer"])
def test_ngrams_resume_with_the_same_bytes(cell: Cell, tmp_path: Path) -> None:
    whole = tiny.trained(tmp_path / "whole", cell=cell, budget=BUDGET, settings=SETTINGS)
    parts = trained_in_parts(tmp_path / "parts", stop_after=13, cell=cell, budget=BUDGET, settings=SETTINGS)
    assert weights_and_metrics(parts) == weights_and_metrics(whole)


def test_tables_of_ngrams_are_written_in_half_precision_and_read_in_single(tmp_path: Path) -> None:
    folder = tiny.trained(tmp_path / "run", settings=tiny.NGRAMS)
    name = "ngrams.rows.weight"
    assert read_container(folder / MODEL_FILE, "model").tensors[f"model.{name}"].dtype == np.float16
    saved = open_model(folder)
    assert saved.weights[name].dtype == np.float32
    assert saved.weights[name].any()
    again = save_model(tmp_path, saved.record, tokenizer=saved.tokenizer, weights=saved.weights)
    assert again == saved.sha256


def test_a_child_has_the_tables_of_its_parent(tmp_path: Path) -> None:
    parent = open_model(tiny.trained(tmp_path / "parent", settings=tiny.NGRAMS))
    request = TrainingRequest(
        corpus=parent.record.corpus.config, parent=parent, budget=Budget(steps=1), folder=tmp_path / "child"
    )
    child = open_model(Session.start(request).folder)
    assert child.record.model.ngram_order == parent.record.model.ngram_order
    np.testing.assert_array_equal(child.weights["ngrams.rows.weight"], parent.weights["ngrams.rows.weight"])
