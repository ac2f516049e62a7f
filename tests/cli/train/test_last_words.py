"""Ctrl-C that ends `seqgen train` at once, wherever it comes, leaves one line that says how to continue."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock, PropertyMock

import pytest

from seqgen.cli.train.last_words import LastWords
from seqgen.cli.train.progress import ProgressView
from seqgen.training import Session, save_schedule
from tests.cli.train.commands import TINY, train, trained

INTERRUPTED = Mock(side_effect=KeyboardInterrupt)
PICTURE = "seqgen.cli.shared.picture_files.picture_run"
SAVED = "saved at step {}; continue with: seqgen train --resume run"
UNSAVED = "ended after step {} without a save; continue from the last one with: seqgen train --resume run"
NEVER_SAVED = "ended after step {}, before the first save: begin again"


def close_and_interrupt(session: Session) -> None:
    session._saver.close()
    raise KeyboardInterrupt


def assert_last_line(line: str, *arguments: object) -> None:
    result = train(*arguments)
    assert result.exit_code == 130, result.stderr
    assert result.stderr.splitlines()[-1] == line
    assert result.stderr.count("seqgen train --resume") == line.count("seqgen train --resume")


@pytest.mark.parametrize(
    ("place", "mishap", "line"),
    [
        ("seqgen.training.Session.save", INTERRUPTED, UNSAVED),
        ("seqgen.cli.train.progress.ProgressView.close", INTERRUPTED, SAVED),
        ("seqgen.training.Session.close", close_and_interrupt, SAVED),
        (PICTURE, INTERRUPTED, SAVED),
    ],
    ids=["save", "screen", "end of the session", "curve"],
)
def test_a_second_ctrl_c_after_the_one_that_stops(
    place: str, mishap: Any, line: str, story: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(save_schedule, "MOST_SHARE", math.inf)
    monkeypatch.setattr(Session, "any_process_stops", lambda session, stop: session.step == 2)
    monkeypatch.setattr(place, mishap)
    assert_last_line(line.format(2), story, *TINY, "--save-every", "0.000001s", "--out", "run")


@pytest.mark.parametrize("place", ["seqgen.cli.train.train.judge_session", "seqgen.cli.train.train.close", PICTURE])
def test_ctrl_c_after_the_last_step(place: str, story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, INTERRUPTED)
    assert_last_line(SAVED.format(3), story, *TINY, "--out", "run")


@pytest.mark.parametrize(
    "place", ["seqgen.cli.train.train.beginning", "seqgen.cli.train.train._run", "seqgen.training.Session.reports"]
)
def test_ctrl_c_before_the_first_step(place: str, story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, INTERRUPTED)
    assert_last_line(NEVER_SAVED.format(0), story, *TINY, "--out", "run")


def test_ctrl_c_before_the_first_save(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProgressView, "show", INTERRUPTED)
    assert_last_line(NEVER_SAVED.format(1), story, *TINY, "--out", "run")


def test_ctrl_c_before_the_first_step_of_a_resumed_run(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained(story, *TINY, "--out", "run")
    monkeypatch.setattr(Session, "corpus_notes", PropertyMock(side_effect=KeyboardInterrupt))
    assert_last_line(UNSAVED.format(3), "--resume", "run")


@pytest.mark.parametrize(("name", "n_lines"), [("run", 1), ("a-name-that-is-rather-long-for-one-line", 2)])
def test_on_a_terminal_the_command_stays_whole(
    name: str, n_lines: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    session: Any = SimpleNamespace(step=2, saved_in=Path(name))
    last_words = LastWords(session)
    last_words.is_saved = True
    last_words.say()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == n_lines
    assert lines[-1].endswith(f"seqgen train --resume {name}")
