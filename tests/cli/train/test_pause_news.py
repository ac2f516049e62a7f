"""A pause of the training run is said in one line, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqgen.cli.train.progress import ProgressView
from seqgen.config import Budget
from seqgen.training import Session
from tests import tiny


def test_a_pause_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session = tiny.start(tmp_path / "run", budget=Budget(steps=6))
    paused = {"s": 0.0}
    monkeypatch.setattr(Session, "paused_s", property(lambda session: paused["s"]))
    view = ProgressView(session)
    for number, report in enumerate(session.reports()):
        paused["s"] = 200.0 if number >= 3 else 0.0
        view.show(report)
    lines = [line for line in capsys.readouterr().err.splitlines() if "paused" in line]
    assert lines == ["paused for 3m 20s; not counted"]
