"""Every wrong use is one line, with the nearest name if there is one, or where to read more."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqgen.cli import app


@pytest.mark.parametrize(
    ("words", "status", "line"),
    [
        ("sampel", 2, "there is no command sampel; did you mean sample?"),
        ("corpus lsit", 2, "there is no command lsit; did you mean list?"),
        ("corpus xyz", 2, "there is no command xyz: choose one of stats, list, fetch"),
        ("sample --tmep 3", 2, "there is no option --tmep; did you mean --temp?"),
        ("eval --xyzzy", 2, "there is no option --xyzzy: see root eval --help"),
        ("--verison", 2, "there is no option --verison; did you mean --version?"),
        ("sample --temp", 2, "--temp needs a value"),
        ("tokenize", 2, "FILE is missing: see root tokenize --help"),
        ("sample --run fox", 2, "there is no option --run; give the run as an argument: root sample fox"),
        ("eval --run=my/fox --json", 2, "there is no option --run; give the run as an argument: root eval my/fox"),
        ("write --run", 2, "there is no option --run; give the run as an argument: root write RUN"),
        ("info a b", 2, "b is one argument too many: see root info --help"),
        ("sample --temp x", 1, "--temp is 'x': it must be a number"),
        ("sample --count 1.5", 1, "--count is '1.5': it must be a whole number"),
        (f"sample --count {'9' * 5000}", 1, f"--count is '{'9' * 80}…': it must be a whole number"),
        (
            "train a.txt --cell lstmm",
            1,
            "--cell is 'lstmm': it must be one of rnn, lstm, gru, mingru, transformer; did you mean lstm?",
        ),
        ("tokenize a.txt --set vocab_sise=3", 1, "'vocab_sise=3' sets an unknown field; did you mean vocab_size?"),
        ("tokenize a.txt --set x=3", 1, "'x=3' sets an unknown field: `seqgen train --fields` lists all fields"),
    ],
)
def test_a_mistake_gets_one_line_with_advice(words: str, status: int, line: str) -> None:
    result = CliRunner().invoke(app, words.split())
    assert (result.exit_code, result.stdout) == (status, "")
    assert result.stderr == f"seqgen: {line}\n"


def test_an_empty_argument_too_many_is_named() -> None:
    assert "seqgen: an empty text is one argument too many" in CliRunner().invoke(app, ["info", "a", ""]).stderr


@pytest.mark.parametrize("command", ["train", "sample", "tokenize", "corpus stats"])
def test_a_file_whose_name_begins_with_a_dash_gets_a_hint(command: str) -> None:
    result = CliRunner().invoke(app, [*command.split(), "-dash.txt"])
    hint = "write -- before a file of that name"
    assert result.exit_code == 2
    assert result.stderr == f"seqgen: -dash.txt is taken for an option, and there is no option -d: {hint}\n"


def test_two_dashes_stand_before_such_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-dash.txt").write_text("Mina sat.", encoding="utf-8")
    assert CliRunner().invoke(app, ["corpus", "stats", "--", "-dash.txt"]).exit_code == 0


def test_the_nearest_run_is_named(run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "lstm-run").symlink_to(run_folder)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["info", "checkpoints/lstm-rum"])
    assert result.stderr == "seqgen: checkpoints/lstm-rum does not exist; did you mean checkpoints/lstm-run?\n"
