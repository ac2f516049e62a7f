"""A model file from a stranger, full of escape sequences: nothing of them reaches the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqgen.cli import app
from seqgen.cli.sample.text_output import TextOutput
from seqgen.cli.shared.escaping import STEERING as TURNING
from seqgen.cli.train.race_board import RaceBoard
from seqgen.cli.write.rows import columns_of
from seqgen.waiting import Wait
from tests.hostile import STEERING, Terminal, forged, shown_on_terminal, steering_in
from tests.tiny import TEXT

pytestmark = pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="names cannot hold any character there")

NAME = STEERING.replace("\r", "")
COMMANDS = [
    "info RUN",
    "info RUN --json",
    "info checkpoints/elsewhere",
    "eval checkpoints/elsewhere",
    "sample checkpoints/elsewhere --no-copy 9",
    "train --resume checkpoints/elsewhere",
    "models",
    "sample RUN --length 60 --seed 1 --prompt TEXT",
    "sample RUN --length 60 --seed 1 --color",
    "sample RUN --length 60 --json",
    "sample RUN --length 20 --count 2 --best-of 2",
    "sample RUN --length 20 --temp 0.5 --temp 2",
    "sample RUN --length 9 --beam 2",
    "sample RUN --odds",
    "sample RUN --odds --json",
    "sample RUN --no-copy 9",
    "sample RUN --words known",
    "eval RUN",
    "eval RUN --on FILE",
    "eval RUN --on FILE --json",
    "eval RUN --on FILE --form csv",
    "eval RUN --on FILE --form markdown",
    "eval RUN --on FILE --form latex",
    "eval RUN --on FILE --show",
    "eval RUN --on FILE --highest-loss",
    "eval RUN --on FILE --by token",
    "eval RUN --on FILE --by line --form csv",
    "export RUN --to html",
    "report RUN --out page.html",
    "inspect units RUN --on FILE",
    "inspect embeddings RUN --on FILE",
    "inspect memory RUN --on FILE",
    "inspect gradients RUN --on FILE",
    "tokenize FILE --tokenizer word",
    "tokenize FILE",
    "corpus stats FILE",
    "train FILE --out new --steps 2 --width 16 --streams 4 --window 16 --device cpu",
    "train --from RUN FILE --out newer --steps 1 --tokenizer char --device cpu",
]


@pytest.fixture(scope="module")
def hostile_run(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    corpus = folder / f"corpus {NAME}.txt"
    corpus.write_bytes((run_folder.parent / "tiny.txt").read_bytes())
    forged(run_folder, folder / "checkpoints" / "elsewhere", STEERING)
    return forged(run_folder, folder / "checkpoints" / NAME, STEERING, corpus=corpus)


@pytest.fixture
def hostile_text(hostile_run: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a text beside which the command runs."""
    monkeypatch.chdir(hostile_run.parent.parent)
    name = f"{NAME}.txt"
    Path(name).write_text("\n".join(f"{line} {STEERING}" for line in TEXT.splitlines()[:60]), encoding="utf-8")
    yield name


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_that_steers_a_terminal_is_shown(command: str, hostile_run: Path, hostile_text: str) -> None:
    words = {"RUN": hostile_run, "FILE": hostile_text, "TEXT": STEERING}
    status, shown = shown_on_terminal(*(words.get(word, word) for word in command.split()))
    assert status in (0, 1)
    assert shown.strip()
    assert steering_in(shown.replace("\r", "") if command.startswith("train") else shown) == []


def test_a_pipe_gets_the_text_as_it_is_and_a_terminal_does_on_demand(hostile_run: Path) -> None:
    command = ["sample", hostile_run, "--length", 60, "--seed", 1, "--prompt", "\x1b\x07"]
    piped = CliRunner().invoke(app, list(map(str, command))).stdout
    assert piped.startswith("\x1b\x07")
    assert "\x1b\x07" not in shown_on_terminal(*command)[1]
    assert "\x1b\x07" in shown_on_terminal(*command, "--raw")[1]
    assert shown_on_terminal(*command, "--raw", "--json")[0] == 1


@pytest.mark.parametrize("pieces", [["a\r", "\nb\tc\r", "d\r"], ["a\r\nb\tc\rd\r"]], ids=repr)
def test_a_carriage_return_is_shown_unless_it_ends_a_line(pieces: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(newline="")
    monkeypatch.setattr("sys.stdout", terminal)
    out = TextOutput()
    for piece in pieces:
        out.write(piece)
    out.finish()
    assert terminal.getvalue() == "a\nb\tc\\rd\\r\n"


def test_json_says_the_same_though_nothing_in_it_steers(hostile_run: Path) -> None:
    printed = CliRunner().invoke(app, ["info", str(hostile_run), "--json"]).stdout
    assert steering_in(printed) == []
    assert json.loads(printed)["notes"][1] == STEERING


def test_what_a_race_waits_for_is_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    board, terminal = RaceBoard([]), Terminal(newline="")
    monkeypatch.setattr("sys.stderr", terminal)
    with board:
        board.show_wait(Wait(what=f"reading [/red]{STEERING}.txt", total=None))
    assert "[/red]\\x1b" in terminal.getvalue()


def test_the_editor_writes_out_what_turns_the_order_of_letters() -> None:
    assert [columns_of(character) for character in TURNING] == [6] * len(TURNING)
