"""Terminals that are narrow: no number and no word is cut."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from seqgen.cli.shared.length_pictures import LengthCurve, draw_lengths_in_terminal
from seqgen.cli.shared.pictures import Curve, draw_in_terminal
from seqgen.cli.shared.render import print_facts, print_table
from tests.cli.surroundings.processes import in_terminal, posix

HEADER = ["model", "params", "bits/char", "nats/token"]
ROWS = [["lstm", "1,234,567", "1.2345", "0.8557"], ["gru", "987,654", "1.3456", ""]]


def show_in(columns: int, patch: pytest.MonkeyPatch) -> None:
    """From now on, standard output is a terminal of so many columns."""
    patch.setattr(sys.stdout, "isatty", lambda: True)
    patch.setenv("COLUMNS", str(columns))


def test_a_table_for_which_there_is_no_room_becomes_names_and_values(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    show_in(20, monkeypatch)
    assert print_table(HEADER, ROWS, n_left=1) == []
    assert capsys.readouterr().out.splitlines() == [
        "model lstm",
        "  params  1,234,567",
        "  bits/char  1.2345",
        "  nats/token  0.8557",
        "model gru",
        "  params  987,654",
        "  bits/char  1.3456",
    ]


def test_columns_are_dropped_before_a_table_is_given_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    show_in(28, monkeypatch)
    assert print_table(HEADER, ROWS, n_left=1, droppable=["nats/token", "params"]) == ["nats/token"]
    assert capsys.readouterr().out.splitlines()[2].split() == ["lstm", "1,234,567", "1.2345"]


@pytest.mark.parametrize(("width", "second"), [(20, "  distinct"), (60, "  distinct characters  65")])
def test_values_go_below_their_names_where_there_is_no_room_beside_them(
    width: int, second: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    show_in(width, monkeypatch)
    print_facts("story.txt", [("distinct characters", "65"), ("lines", "113")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == second
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize(("width", "is_drawn"), [(20, False), (50, True), (80, True)])
def test_pictures_fit_the_terminal_or_are_left_out(
    width: int, is_drawn: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    show_in(width, monkeypatch)
    lengths = LengthCurve(label="a", lengths=[1, 2, 4, 8, 1024], ys=[1.23, 2, 3, 4, 5])
    drawn = draw_in_terminal([Curve("a", [1, 2, 3], [0.5, 1.25, 3])], "title")
    for picture in (drawn, draw_lengths_in_terminal([lengths], "title")):
        assert bool(picture) is is_drawn
        assert max(map(len, picture.splitlines()), default=0) <= width


@posix
def test_commands_fit_into_a_real_terminal_of_20_columns(run_folder: Path) -> None:
    for arguments in (["info", str(run_folder)], ["models"]):
        with in_terminal(*arguments, columns=20) as terminal:
            lines = terminal.lines()
        assert terminal.process.returncode == 0
        assert [line for line in lines if len(line) > 20 and len(line.split()) > 1] == []
        assert any(re.fullmatch(r" +(params|d_model) +\S+", line) for line in lines), lines
