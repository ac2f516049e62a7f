"""One run of pairs in two processes: the same losses and the same model as in one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqgen.config import Budget
from seqgen.run import open_model
from seqgen.training import Session
from tests import tiny_pairs
from tests.tiny_pairs import KINDS, labelled_words
from tests.training.test_process_group import losses, run_two

N_STEPS, N_MORE = 4, 7
SETTINGS: dict[str, Any] = {
    **tiny_pairs.settings_of("lstm"),
    "dropout": 0.0,
    "encoder_dropout": 0.0,
    "unknown_share": 0.1,
    "optimizer": "adamw",
    "final_rate": 1.0,  # so that the rates do not depend on the budget
    "evaluate_every": 2,
}
OPTIONS = ["--pairs", "--device", "cpu", "--tokenizer", "char", "--cell", "lstm"]


def options_of(settings: dict[str, Any]) -> list[str]:
    return [*OPTIONS, *(f"--set={name}={value}" for name, value in settings.items())]


def train_in_two(folder: Path, text: str, settings: dict[str, Any]) -> str:
    """What two processes say that train to `N_STEPS`."""
    (folder.parent / "pairs.tsv").write_text(text)
    return run_two(
        folder.parent / "pairs.tsv", "--steps", N_STEPS, "--out", folder, *options_of(settings), folder=folder.parent
    )


def test_two_processes_train_on_pairs_as_one_does_and_one_goes_on_with_their_run(tmp_path: Path) -> None:
    """They stop in the middle of targets, which are longer than a window."""
    settings = {**SETTINGS, "window": 2}
    alone = tiny_pairs.trained(tmp_path / "alone", budget=Budget(steps=N_MORE), settings=settings)
    said = train_in_two(tmp_path / "run", KINDS["text"], settings)
    assert losses(tmp_path / "run") == pytest.approx(losses(alone)[:N_STEPS], abs=1e-5)
    assert said.count("training on") == said.count(f"done: {N_STEPS} steps") == 1
    for _ in Session.resume(tmp_path / "run", budget=Budget(steps=N_MORE), device="cpu").reports():
        pass
    assert losses(tmp_path / "run") == pytest.approx(losses(alone), abs=1e-5)


def test_two_processes_learn_labels_as_one_does_and_store_one_expert(tmp_path: Path) -> None:
    """Nothing is said that one process would not say, such as a warning of PyTorch."""
    alone = tiny_pairs.trained(
        tmp_path / "alone", text=labelled_words(900), budget=Budget(steps=N_STEPS), settings=SETTINGS
    )
    said = train_in_two(tmp_path / "run", labelled_words(900), SETTINGS)
    assert losses(tmp_path / "run") == pytest.approx(losses(alone), abs=1e-5)
    expected, trained = open_model(alone), open_model(tmp_path / "run")
    for name, array in expected.weights.items():
        np.testing.assert_allclose(trained.weights[name], array, atol=1e-4)
    assert trained.label_expert is not None
    assert said.count("mixed with logistic regression") == 1
    assert "Warning" not in said
