"""`seqgen train` says what other programs do to it: fewer threads, and a budget that could not be kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqgen.cli.train.progress import ProgressView
from seqgen.cli.train.train import _ending
from seqgen.config import Budget
from seqgen.run import EndReport
from seqgen.training import Session
from tests import tiny


def test_a_change_of_the_thread_count_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = iter([4, 4, 1, 1, 1, 1, 4, 4, *[4] * 100])
    session = tiny.start(tmp_path / "run", budget=Budget(steps=8))
    monkeypatch.setattr(Session, "n_threads", property(lambda session: next(counts)))
    view = ProgressView(session)
    for report in session.reports():
        view.show(report)
    threads = [line for line in capsys.readouterr().err.splitlines() if "thread" in line]
    assert threads == ["other programs are busy here: training with 1 thread", "training with 4 threads"]


@pytest.mark.parametrize(("elapsed_s", "is_late"), [(61.0, False), (75.0, True)])
def test_a_time_budget_that_was_exceeded_is_said(elapsed_s: float, is_late: bool, tmp_path: Path) -> None:
    session = tiny.start(tmp_path / "run", budget=Budget(minutes=1))
    next(iter(session.reports()))
    session.state.elapsed_s = elapsed_s
    lines = list(_ending(session, EndReport(step=1, reason="budget", elapsed_s=elapsed_s)))
    late = [line for line in lines if "exceeded" in line]
    assert late == (
        ["the budget was exceeded, 1m 15s instead of 1m 00s: the last step and validation took longer than expected"]
        if is_late
        else []
    )
