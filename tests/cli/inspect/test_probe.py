"""`seqgen inspect probe`: one table and one picture for all cells, JSON, and one line for bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from seqgen.cli import app


def probe(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["inspect", "probe", *map(str, arguments)])


@pytest.mark.parametrize("task", ["copy", "adding", "brackets", "counting"])
def test_every_cell_has_a_row(task: str, tmp_path: Path) -> None:
    picture = tmp_path / "probe.png"
    result = probe(task, "--steps", 1, "--set", "n_streams=2", "--out", picture)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].startswith(f"{task}: ")
    header = next(number for number, line in enumerate(lines) if line.startswith("model "))
    names = [line.split(",")[0] for line in lines[header + 2 : header + 6]]
    assert names == ["rnn", "lstm", "gru", "transformer"]
    assert "; chance: " in result.stdout
    assert max(map(len, lines[1:header])) <= 80
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_json_has_the_accuracy_at_every_distance() -> None:
    cells = ["--cell", "rnn", "--cell", "rnn,recurrent_init=identity,nonlinearity=relu"]
    document = json.loads(probe("copy", *cells, "--steps", 1, "--json").stdout)
    assert [model["model"] for model in document["models"]] == ["rnn", "rnn identity relu"]
    assert [point["distance"] for point in document["models"][0]["accuracy"]] == [4, 8, 16, 32, 64, 128]
    assert document["chance"] == 0.125
    assert all(point["accuracy_low"] <= point["accuracy"] for point in document["models"][0]["accuracy"])


def test_one_distance_is_trained_and_tested_alone() -> None:
    result = probe("copy", "--cell", "lstm", "--steps", 1, "--at", 16)
    (header,) = (line for line in result.stdout.splitlines() if line.startswith("model "))
    assert header.split() == ["model", "params", "steps", "16"]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["recall"], 1, "TASK is 'recall': it must be one of copy, adding, brackets, counting"),
        (["copy", "--cell", "mamba"], 1, "--cell is 'mamba': it must be one of rnn, lstm, gru, transformer"),
        (["copy", "--cell", "lstm", "--set", "nonlinearity=relu"], 1, "'nonlinearity=relu' sets an unknown field"),
        (["copy", "--steps", "0"], 1, "--steps is 0: it must be 1 or more"),
        (["copy", "--at", "100000000"], 1, "--at is 100,000,000: it must be 10,000 or less"),
        (["copy", "--at", "1"], 1, "--at is 1: it must be 4 or more"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], status: int, said: str) -> None:
    result = probe(*arguments)
    assert result.exit_code == status
    assert not result.stdout
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"seqgen: {said}")
