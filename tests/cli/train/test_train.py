"""`seqgen train`: from a text to a run, with every option, and never over a run that exists."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from typer.testing import CliRunner

from seqgen.cli import app
from seqgen.config import MODEL_CONFIGS, TOKENIZER_CONFIGS, Budget, Cell, EncoderShape, TrainingConfig, fields_of
from seqgen.run import (
    CURVE_FILE,
    LAST_FILE,
    METRICS_FILE,
    MODEL_FILE,
    PREVIOUS_FILE,
    open_model,
)
from tests.cli.train.commands import SHAPE, TINY, train, trained, weights
from tests.tiny import TEXT, metrics_lines


@pytest.mark.parametrize("cell", get_args(Cell))
def test_two_commands_go_from_a_text_to_new_text(cell: Cell, story: Path) -> None:
    result = trained(story, "--cell", cell, *TINY)
    (folder,) = Path("checkpoints").iterdir()
    assert re.fullmatch(rf"story-{cell}-\d{{8}}-\d{{6}}", folder.name)
    assert result.stdout == ""
    for words in (
        "5,400 characters",
        f"{cell} ",
        "x16 with ",
        "loss ",
        "bits/char",
        "tokens/s",
        "validation",
        " left",
    ):
        assert words in result.stderr
    assert result.stderr.splitlines()[-2:] == [
        f"model: {folder / MODEL_FILE}; its curve: {folder / CURVE_FILE}",
        f"write with it: seqgen sample {folder}",
    ]
    assert "verdict: " in result.stderr
    assert (folder / CURVE_FILE).read_bytes().startswith(b"\x89PNG")
    for command in ("sample", "eval", "info"):
        answer = CliRunner().invoke(app, [command])
        assert answer.exit_code == 0
        assert answer.stdout
        assert str(folder / MODEL_FILE) in answer.stderr + answer.stdout


def test_every_step_and_validation_is_a_line_of_the_metrics(story: Path) -> None:
    trained(story, *TINY, "--out", "run", "--set", "evaluate_every=2")
    lines = [(line["report"], line["step"]) for line in metrics_lines(Path("run"))]
    assert lines == [("step", 1), ("step", 2), ("validation", 2), ("step", 3), ("validation", 3), ("end", 3)]


def test_no_budget_is_five_minutes_and_says_so(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Budget, "default", classmethod(lambda cls: cls(steps=1)))
    assert "no budget given: training for 5 minutes" in trained(story, *SHAPE.split(), "--out", "run").stderr


def test_the_same_seed_trains_the_same_model_and_another_seed_another(story: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        trained(story, *TINY, "--seed", seed, "--out", name)
    assert weights("a") == weights("b") != weights("c")


def test_minutes_are_planned_and_kept(story: Path) -> None:
    """Half a second and what a last step, validation and save take on a busy machine."""
    result = trained(story, *SHAPE.split(), "--minutes", "0.01", "--out", "run")
    assert "planned in " not in result.stderr
    record = open_model("run").record
    assert record.choices[-1].startswith("planned in ")
    assert record.training.precision in ("float32", "bfloat16")
    assert 0.3 < metrics_lines(Path("run"))[-1]["elapsed_s"] < 3


@pytest.mark.parametrize("option", ["-v", "--verbose"])
def test_what_was_chosen_is_said_only_when_asked_for_and_by_info(option: str, story: Path) -> None:
    assert "n_streams" not in trained(story, "--steps", 1, "--width", 8, "--out", "run").stderr
    assert "chosen: n_layer 1" in trained(story, "--steps", 1, "--width", 8, "--out", "more", option).stderr
    assert re.search(r"^ +chosen +n_layer 1", CliRunner().invoke(app, ["info", "run"]).stdout, re.M)


def test_a_time_too_short_for_one_step_is_refused(story: Path) -> None:
    result = train(story, *SHAPE.split(), "--minutes", "1e-9", "--out", "run")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "too short" in line
    assert not Path("run").exists()


def test_several_paths_and_compressed_files_are_one_text(story: Path) -> None:
    Path("more/deep").mkdir(parents=True)
    Path("more/deep/compressed.txt.gz").write_bytes(gzip.compress(b"Mina sat. " * 100))
    trained(story, "more", *TINY, "--out", "run")
    parts = open_model("run").record.corpus.parts
    assert (parts["train"].n_characters or 0) + (parts["valid"].n_characters or 0) == len(f"{TEXT}\n") + 1000


def test_validation_and_test_may_be_texts_of_their_own(story: Path) -> None:
    for name in ("valid", "test"):
        Path(f"{name}.txt").write_text(f"Mina read the {name}. " * 20, encoding="utf-8")
    trained(story, *TINY, "--valid", "valid.txt", "--test", "test.txt", "--out", "run")
    parts = open_model("run").record.corpus.parts
    assert parts["train"].n_characters == len(TEXT)
    assert parts["valid"].n_characters == 20 * len("Mina read the valid. ")
    assert CliRunner().invoke(app, ["eval", "run", "--part", "test"]).exit_code == 0


def test_standard_input_is_a_text_that_is_found_again(story: Path) -> None:
    """As a real process; its text then comes from the cache."""
    command = [sys.executable, "-m", "seqgen", "train", "-", *TINY]
    subprocess.run(command, input=TEXT.encode(), check=True, capture_output=True)
    (folder,) = Path("checkpoints").iterdir()
    assert folder.name.startswith("stdin-lstm-")
    assert CliRunner().invoke(app, ["eval", str(folder)]).exit_code == 0


@pytest.mark.parametrize("text", ["a", "ab", "aaaaaaaaaaaaaaaaaaaaaaaa", "ab" * 40])
def test_a_text_too_short_for_a_window_gets_a_smaller_one_and_is_told_so(text: str, story: Path) -> None:
    story.write_text(text, encoding="utf-8")
    result = trained(story, "--steps", 2, "--width", 8, "--out", "run", "--device", "cpu")
    record = open_model("run").record
    assert record.training.window <= len(text)
    assert f"window {record.training.window}" in result.stderr + record.choices[0]
    given = trained(story, "--steps", 2, "--width", 8, "--out", "given", "--window", 500, "--device", "cpu")
    assert re.search(r"window \d+ instead of 500", given.stderr)
    sampled = CliRunner().invoke(app, ["sample", "given", "--length", "30"]).stdout
    assert len(sampled) == 30
    assert set(sampled) <= set(text)


def test_an_existing_run_is_not_written_over(story: Path) -> None:
    trained(story, *TINY, "--out", "run")
    before = {path: path.read_bytes() for path in Path("run").iterdir()}
    assert train(story, *TINY, "--out", "run", "--seed", 5).exit_code == 1
    assert {path: path.read_bytes() for path in Path("run").iterdir()} == before


def test_set_reaches_fields_of_model_training_and_tokenizer(story: Path) -> None:
    settings = ("forget_bias=2.5", "d_embedding=none", "beta1=0.5", "patience=none", "vocab_size=80")
    trained(
        story, *TINY, "--tokenizer", "word", *(word for text in settings for word in ("--set", text)), "--out", "run"
    )
    record = open_model("run").record
    shape = record.to_json()["model"]
    assert (shape["forget_bias"], shape["d_embedding"], shape["vocab_size"]) == (2.5, None, 80)
    assert (record.training.beta1, record.training.patience) == (0.5, None)


def test_every_flag_is_recorded(story: Path) -> None:
    flags = "--layers 2 --dropout 0.1 --clip 3 --patience 7 --lr 0.02 --seed 9"
    trained(story, *TINY, *flags.split(), "--out", "run")
    record = open_model("run").record
    training = record.training
    assert (record.model.n_layer, record.model.d_model, record.model.dropout) == (2, 16, 0.1)
    assert (training.n_streams, training.window, training.clip_norm, training.patience) == (4, 16, 3.0, 7)
    assert (training.learning_rate, training.seed, record.budget.steps) == (0.02, 9, 3)


def test_fields_lists_every_field_with_its_default() -> None:
    rows = {line.split()[0]: line.split()[1:] for line in train("--fields").stdout.splitlines() if line.strip()}
    classes = (*MODEL_CONFIGS.values(), *TOKENIZER_CONFIGS.values(), TrainingConfig, EncoderShape)
    fields = {name for config in classes for name in fields_of(config)}
    assert fields - set(rows) == {"source_vocab_size"}, "which the vocabulary of the sources decides"
    assert rows["beta2"] == [str(TrainingConfig.beta2), "training"]
    assert rows["memory"] == ["--memory", "chosen", "transformer"]
    assert rows["window"] == ["--window", "chosen", "training"]


def test_from_begins_with_the_weights_and_vocabulary_of_another_run(story: Path) -> None:
    trained(story, *TINY, "--cell", "gru", "--out", "parent")
    Path("other.txt").write_text("She sat on the wall. " * 50, encoding="utf-8")
    trained("other.txt", "--from", "parent", "--steps", 1, "--lr", 1e-9, "--device", "cpu", "--out", "child")
    parent, child = open_model("parent"), open_model("child")
    assert child.record.parent == parent.sha256
    assert child.record.corpus.config.paths == (str(Path("other.txt").absolute()),)
    assert child.tokenizer.fingerprint == parent.tokenizer.fingerprint
    for name, array in parent.weights.items():
        np.testing.assert_allclose(child.weights[name], array, atol=1e-6)


def test_off_a_terminal_progress_is_plain_lines_on_stderr(story: Path) -> None:
    result = trained(story, *TINY, "--out", "run")
    assert not result.stdout
    assert "\r" not in result.stderr
    assert "\x1b" not in result.stderr
    assert re.search(
        r"^step 1: .+ left, loss \d\.\d+ bits/char \(\d\.\d+ nats\), [\d,]+ tokens/s$", result.stderr, re.M
    )


LEGIBLE = f"{SHAPE} --steps 9 --lr 0.1".split()
"""So long that a text of a few characters is known well enough for its samples to be shown."""


def test_no_sample_is_shown_before_the_first_validation_nor_of_a_model_that_writes_noise(story: Path) -> None:
    assert "  | " not in trained(story, *TINY, "--out", "noise").stderr
    story.write_text("ab" * 700, encoding="utf-8")
    lines = trained(story, *LEGIBLE, "--out", "run").stderr.splitlines()
    shown = [number for number, line in enumerate(lines) if line.startswith("  | ")]
    validated = [number for number, line in enumerate(lines) if ": validation " in line]
    assert validated[0] < shown[0]


@pytest.mark.parametrize("line", ["Mina sat. ", "Мина сидела. ", "米娜坐在河边。"])
def test_samples_of_every_script_are_shown_once_they_are_legible(line: str, story: Path) -> None:
    story.write_text(line * 200, encoding="utf-8")
    assert "  | " in trained(story, *SHAPE.split(), "--steps", 60, "--lr", 0.1, "--out", "run").stderr


def test_every_run_is_validated_three_times_at_least(story: Path) -> None:
    assert trained(story, *TINY, "--out", "run").stderr.count(": validation ") == 3


def test_a_sample_of_a_bracketed_text_is_shown_as_it_is(story: Path) -> None:
    story.write_text("[b][/b]" * 300, encoding="utf-8")
    lines = trained(story, *LEGIBLE, "--out", "run").stderr.splitlines()
    shown = [line for line in lines if line.startswith("  | ")]
    assert shown
    assert all(len(line) == len("  | ") + 160 and set(line.removeprefix("  | ")) <= set("[b]/") for line in shown)


def test_every_line_of_a_sample_is_a_line(story: Path) -> None:
    story.write_text("ab\n" * 700, encoding="utf-8")
    lines = trained(story, *LEGIBLE, "--out", "run").stderr.splitlines()
    assert sum(line.startswith("  | ") for line in lines) > 3
    assert not any("\\n" in line for line in lines)


def test_a_run_folder_holds_exactly_the_files_of_its_description(story: Path) -> None:
    trained(story, *TINY, "--out", "run")
    trained("--resume", "run", "--steps", 4, "--device", "cpu")
    files = {path.name for path in Path("run").iterdir()}
    assert files == {MODEL_FILE, LAST_FILE, PREVIOUS_FILE, METRICS_FILE, CURVE_FILE}
