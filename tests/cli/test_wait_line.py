"""The line about a wait: a bar on a terminal, one plain line elsewhere, nothing for a short wait."""

from __future__ import annotations

import io
import sys
import time

import pytest

from seqgen.cli.shared.wait_line import TimeLeft, WaitLine
from seqgen.waiting import Wait, waiting, watched

ENOUGH_S = 0.15
"""Seconds in which a line that comes at once has surely come."""


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_long_wait_gets_one_line_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("seqgen.cli.shared.wait_line._LINE_AFTER_S", 0.01)
    with watched(WaitLine()):
        for _ in range(2):
            with waiting("counting 5-grams", total=3) as work:
                work.advance()
                time.sleep(ENOUGH_S)
    assert capsys.readouterr() == ("", "counting 5-grams\n")


def test_a_short_wait_is_not_mentioned(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    with watched(WaitLine()), waiting("counting"):
        pass
    monkeypatch.setattr(sys, "stderr", terminal)
    with watched(WaitLine()), waiting("counting"):
        pass
    assert capsys.readouterr() == ("", "")
    assert terminal.getvalue() == ""


@pytest.mark.parametrize(("total", "shown"), [(4, "counting  50%|"), (None, "counting (00:00)")], ids=str)
def test_a_terminal_shows_a_bar_where_the_end_is_known_and_removes_it(
    total: float | None, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("seqgen.cli.shared.wait_line._BAR_AFTER_S", 0.01)
    with watched(WaitLine()), waiting("counting", total=total) as work:
        work.advance(2)
        time.sleep(ENOUGH_S)
    assert shown in terminal.getvalue()
    assert terminal.getvalue().endswith("\r")


@pytest.mark.parametrize(
    ("total", "done", "words"),
    [
        (4000, 1, "11h 06m left"),
        (10**12, 1, "316,900 years left"),
        (4000, 2000, None),
        (None, 5, None),
        (4000, 0, None),
    ],
    ids=["hours", "years", "seconds", "no end", "nothing done"],
)
def test_a_wait_of_minutes_or_years_says_how_long_it_will_take(
    total: float | None, done: float, words: str | None
) -> None:
    left = TimeLeft()
    assert left.after(Wait("counting", 0, total), at_s=100.0) is None
    assert left.after(Wait("counting", done / 2, total), at_s=101.0) is None  # too early to tell
    assert left.after(Wait("counting", done, total), at_s=110.0) == words


def test_the_time_of_a_wait_within_another_is_its_own() -> None:
    left = TimeLeft()
    left.after(Wait("reading, 1 of 9", 0, 9), at_s=0.0)
    left.after(Wait("reading, 2 of 9", 1, 9), at_s=1000.0)
    assert left.after(Wait("scoring", 50, 1000), at_s=1000.0) is None
    assert left.after(Wait("scoring", 60, 1000), at_s=1010.0) == "15m 40s left"


@pytest.mark.parametrize("is_terminal", [True, False], ids=["terminal", "pipe"])
def test_a_long_wait_is_told_on_a_terminal_and_elsewhere(is_terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal() if is_terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    for name in ("_BAR_AFTER_S", "_LINE_AFTER_S", "_REFRESH_EVERY_S", "_SURE_AFTER_S"):
        monkeypatch.setattr(f"seqgen.cli.shared.wait_line.{name}", 0.01)
    with watched(WaitLine()), waiting("counting", total=10**9) as work:
        time.sleep(ENOUGH_S)
        work.advance()
        time.sleep(ENOUGH_S)
    assert stream.getvalue().count("years left" if is_terminal else "counting: about ") >= 1
    assert is_terminal or stream.getvalue().count("\n") == 2


@pytest.mark.parametrize("total", [4, None], ids=str)
def test_the_cursor_waits_at_the_start_of_the_line_so_that_the_bar_overwrites_an_echoed_ctrl_c(
    total: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("seqgen.cli.shared.wait_line._BAR_AFTER_S", 0.01)
    monkeypatch.setattr("seqgen.cli.shared.wait_line._REFRESH_EVERY_S", 0.01)
    with watched(WaitLine()), waiting("counting many long words", total=total) as work:
        time.sleep(ENOUGH_S)
        during = terminal.getvalue()
        work.advance(what="counting")
        time.sleep(ENOUGH_S)
        later = terminal.getvalue()
    assert during.endswith("\r")
    assert later.endswith("\r")
    assert "words" not in later.rsplit("\r", 2)[-2]
