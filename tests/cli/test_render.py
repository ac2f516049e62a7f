"""What commands print: nothing in a run or a name steers the terminal."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from seqgen.cli import app
from seqgen.cli.sample.output import print_json_list
from seqgen.cli.shared.escaping import escape_controls
from seqgen.cli.shared.render import fit_columns, print_json
from seqgen.run import RunRecord, open_model, save_model
from seqgen.wording import count_of

HOSTILE = "a\x1b[2Jb\rc\x9b31md"


def seqgen(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def hostile(record: RunRecord) -> RunRecord:
    """The record with an escape sequence in every text that a stranger can choose."""
    config = dataclasses.replace(record.corpus.config, paths=(HOSTILE,))
    return dataclasses.replace(
        record,
        name=HOSTILE,
        created=HOSTILE,
        version=HOSTILE,
        environment={HOSTILE: HOSTILE},
        notes=(HOSTILE,),
        corpus=dataclasses.replace(record.corpus, config=config),
    )


@pytest.fixture
def strange_run(run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of a stranger, in a folder of the same kind of name."""
    monkeypatch.chdir(tmp_path)
    folder = Path(HOSTILE)
    shutil.copytree(run_folder, folder)
    model = open_model(folder)
    save_model(folder, hostile(model.record), tokenizer=model.tokenizer, weights=model.weights)
    return folder


def test_control_characters_are_written_out() -> None:
    assert escape_controls("é\x1b[2J\n\x9b\x7f") == "é\\x1b[2J\\n\\x9b\\x7f"
    assert escape_controls("a\n\tb\r", keep="\n\t") == "a\n\tb\\r"


@pytest.mark.parametrize(
    "command",
    [
        "info RUN",
        "sample RUN --length 20",
        "eval RUN",
        "eval RUN --on FILE",
        "eval RUN --highest-loss --on FILE",
        "tokenize FILE",
        "train --resume RUN",
        "info MISSING",
    ],
)
def test_no_control_sequence_of_a_run_or_name_reaches_the_terminal(command: str, strange_run: Path) -> None:
    """A hostile record, and hostile names of folders and files."""
    file = Path(f"{HOSTILE}.txt")
    file.write_text("Mina sat by the river.\n", encoding="utf-8")
    paths = {"RUN": strange_run, "FILE": file, "MISSING": Path(f"{HOSTILE}.safetensors")}
    result = seqgen(*(paths.get(word, word) for word in command.split()))
    shown = result.stdout + result.stderr
    assert "\\x1b" in shown
    assert not {character for character in shown if character != "\n" and escape_controls(character) != character}


def test_a_table_that_is_too_wide_loses_columns_and_no_character() -> None:
    header, rows = ["model", "bits", "tokens", "seconds"], [["lstm", "1.2345", "1,000,000", "12"], ["heading"]]
    assert fit_columns(header, rows, droppable=["tokens", "seconds"], width=80) == (header, rows)
    kept, fitted = fit_columns(header, rows, droppable=["tokens", "seconds"], width=25)
    assert kept == ["model", "bits", "seconds"]
    assert fitted == [["lstm", "1.2345", "12"], ["heading"]]
    assert fit_columns(header, rows, droppable=["tokens", "seconds"], width=1)[0] == ["model", "bits"]


def test_one_thing_is_singular() -> None:
    assert [count_of(number, "word") for number in (0, 1, 2, 1234)] == ["0 words", "1 word", "2 words", "1,234 words"]


@pytest.mark.parametrize(("width", "names"), [(160, None), (58, "tokens"), (30, "bits/byte, nats/token, tokens")])
def test_columns_that_a_table_has_no_room_for_are_named(
    width: int, names: str | None, run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqgen.cli.shared.render._PIPED_WIDTH", width)
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("Mina sat by the river.\n", encoding="utf-8")
    shown = seqgen("eval", run_folder, "--on", tmp_path / "a.txt", "--on", tmp_path / "b.txt").stdout
    said = [line for line in shown.splitlines() if "left out" in line]
    line = f"left out, because the screen is too narrow: {names}; --json has all columns"
    assert said == ([line] if names else [])


@pytest.mark.parametrize("values", [[], [1], [{"text": "a\u2028b\n", "n": [1, 2]}, "x"]])
def test_a_list_is_printed_one_value_after_another_as_it_is_printed_whole(
    values: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    print_json_list(iter(values))
    one_by_one = capsys.readouterr().out
    print_json(values)
    assert one_by_one == capsys.readouterr().out
