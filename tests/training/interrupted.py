"""A training run that stops before its end, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqgen.config import Budget
from seqgen.training import Report, Session
from tests import tiny
from tests.tiny import metrics_lines

SETTINGS: dict[str, Any] = {
    "evaluate_every": 10,
    "dropout": 0.0,
    "learning_rate": 0.1,
    "average": None,
    "patience": 2,
}
"""On this little text, validation improves for about a hundred steps and then gets worse, which ends the run."""


def start(folder: Path, steps: int = 600, **settings: Any) -> Session:
    return tiny.start(folder, text=tiny.TEXT[:1500], budget=Budget(steps=steps), settings={**SETTINGS, **settings})


def train_to(reports: Iterator[Report], step: int) -> None:
    for report in reports:
        if report.step >= step:
            return


def finish(opened: Session) -> list[Report]:
    return list(opened.reports())


def timeless(folder: Path) -> list[dict[str, Any]]:
    """The reports of a run without what depends on the clock."""
    return [{k: v for k, v in line.items() if not k.endswith("_s")} for line in metrics_lines(folder)]
