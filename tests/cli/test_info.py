"""`seqgen info`: what a run is, what it learned from, how it went."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqgen.cli import app
from seqgen.run import MODEL_FILE, open_model, read_history
from tests import tiny


def info(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["info", *map(str, arguments)])
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_it_shows_what_the_model_is_and_what_it_was_trained_on(run_folder: Path) -> None:
    shown, model = info(run_folder), open_model(run_folder)
    n_parameters = sum(array.size for array in model.weights.values())
    best = model.record.progress.valid_nats_per_token
    for words in (
        str(run_folder / MODEL_FILE),
        f"lstm, {n_parameters:,} parameters",
        "d_model 16",
        f"char, vocabulary size {model.tokenizer.vocab_size}",
        "tiny.txt",
        "5,400 characters",
        "600 characters",
        "3 steps",
        f"{best:.4f} nats per token",
        model.record.created,
        model.sha256,
    ):
        assert words in shown


def test_the_curve_has_training_and_validation(run_folder: Path) -> None:
    lines = info(run_folder).splitlines()
    assert "bits per character over steps" in "\n".join(lines)
    assert "training" in lines[-1]
    assert "validation" in lines[-1]
    assert max(map(len, lines[-16:])) <= 80


def test_one_copied_file_is_described_without_a_curve(run_folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "mine.safetensors"
    shutil.copy(run_folder / MODEL_FILE, copy)
    shown = info(copy)
    assert open_model(run_folder).sha256 in shown
    assert "over steps" not in shown


def test_the_newest_run_is_described_if_none_is_named(
    run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(run_folder, tmp_path / "checkpoints" / "newest")
    monkeypatch.chdir(tmp_path)
    assert info().splitlines()[0].strip() == str(Path("checkpoints", "newest", MODEL_FILE))


def test_json_holds_the_whole_record(run_folder: Path) -> None:
    model = open_model(run_folder)
    shown = json.loads(info(run_folder, "--json"))
    assert shown["path"] == str(run_folder / MODEL_FILE)
    assert shown["sha256"] == model.sha256
    assert {key: shown[key] for key in model.record.to_json()} == json.loads(json.dumps(model.record.to_json()))


def test_a_run_before_its_first_step_is_described_too(tmp_path: Path) -> None:
    folder = tiny.start(tmp_path / "run").folder
    assert read_history(folder).reports == ()
    shown = info(folder)
    assert "of step 0" in shown
    assert "not measured" in shown
