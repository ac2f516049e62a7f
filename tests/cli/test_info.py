"""`seqgen info`: what a run is, what it learned from, how it went."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqgen.cli import app
from seqgen.cli.evaluate.configuration import choices_of, notes_of
from seqgen.cli.evaluate.info import facts_of
from seqgen.cli.shared.render import print_facts
from seqgen.config import FieldValue
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


def facts(shown: str) -> dict[str, str]:
    """The value of each name that occurs once."""
    lines = (line.strip().split("  ", 1) for line in shown.splitlines() if line.startswith("  "))
    return {name: value.strip() for name, value in (line for line in lines if len(line) == 2)}


def test_fields_at_their_defaults_are_left_out(run_folder: Path) -> None:
    shape = facts(info(run_folder))["shape"].split(", ")
    assert "d_model 16" in shape and "n_layer 1" in shape
    assert not any(item.startswith(("ngram_", "tie_weights", "weight_drop", "forget_bias")) for item in shape)


def test_fields_that_differ_from_their_defaults_are_shown(tmp_path: Path) -> None:
    settings: dict[str, FieldValue] = {"forget_bias": 2.0, "seed": 7, "warmup_steps": 5}
    shown = facts(info(tiny.start(tmp_path / "run", settings=settings).folder))
    assert "forget_bias 2" in shown["shape"].split(", ")
    assert {"seed 7", "warmup_steps 5"} <= set(shown["training"].split(", "))


def test_what_was_chosen_is_not_shown_as_set_too(run_folder: Path) -> None:
    shown = facts(info(run_folder))
    chosen = {item.split()[0] for item in shown["chosen"].split(", ")}
    assert "clip_norm" in chosen
    assert not chosen & {item.split()[0] for item in shown["training"].split(", ")}


def test_a_terminal_breaks_lines_between_fields_and_not_within_them(
    run_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    print_facts("run", facts_of(open_model(run_folder)))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    start = next(number for number, line in enumerate(lines) if line.split()[0] == "chosen")
    assert len(lines[start].split(", ")) > 2
    assert all(len(item.split()) == 2 for item in lines[start + 1].removesuffix(",").split(", "))
    assert "\u00a0" not in "".join(lines)


def test_notes_of_earlier_versions_are_sorted_and_those_that_are_over_left_out(run_folder: Path) -> None:
    notes = (
        "chosen: n_layer 2, dropout 0",
        "planned in 3.1 s: lstm 2x16 (100 tokens/s)",
        "other programs are busy here: the timings were unsteady, so they were repeated",
        "begins from english: 1.42 bits per character are expected, 1.74 from nothing (--from none)",
        "133 documents, median length 881 characters",
    )
    record = replace(open_model(run_folder).record, notes=notes, choices=("bidirectional encoder 1x16",))
    assert choices_of(record) == [
        "n_layer 2, dropout 0",
        "planned in 3.1 s: lstm 2x16 (100 tokens/s)",
        "bidirectional encoder 1x16",
    ]
    assert notes_of(record) == ["133 documents, median length 881 characters"]


@pytest.mark.parametrize("name", ["lstm-char", "transformer-sentencepiece"])
def test_runs_of_the_first_format_say_what_was_chosen(name: str) -> None:
    shown = facts(info(Path(__file__).parent.parent / "fixtures" / "format-1" / name))
    assert "learning_rate" in shown["chosen"]
    assert "vocab_size" in shown["shape"]


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
