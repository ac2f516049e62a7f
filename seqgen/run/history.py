"""The history of a run: the reports of its training, a line each in `metrics.jsonl`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from seqgen.durable import write_bytes
from seqgen.errors import RunError
from seqgen.run.reports import EndReport, Report, StepReport, ValidationReport, report_from_json, report_to_json

METRICS_FILE = "metrics.jsonl"


@dataclass(frozen=True)
class History:
    """The reports of a training, the earliest first."""

    reports: tuple[Report, ...] = ()

    @property
    def steps(self) -> list[StepReport]:
        return [report for report in self.reports if isinstance(report, StepReport)]

    @property
    def validations(self) -> list[ValidationReport]:
        return [report for report in self.reports if isinstance(report, ValidationReport)]

    @property
    def end(self) -> EndReport | None:
        """How the training ended; None if it was stopped, or is still running."""
        last = self.reports[-1] if self.reports else None
        return last if isinstance(last, EndReport) else None


def read_history(folder: Path) -> History:
    """The reports in a run folder; none if there is no `metrics.jsonl`.

    A line that holds no report is skipped: it was being written when the power failed.
    """
    path = folder / METRICS_FILE
    if not path.is_file():
        return History()
    reports: list[Report] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            reports.append(report_from_json(json.loads(line)))
        except (ValueError, TypeError, LookupError):
            continue
    return History(tuple(reports))


def append_reports(folder: Path, reports: Iterable[Report]) -> None:
    """Add reports to `metrics.jsonl`.

    Raises:
        RunError: the file cannot be written.
    """
    path = folder / METRICS_FILE
    try:
        with path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(report_to_json(report)) + "\n" for report in reports)
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror or error}") from None


def truncate_history(folder: Path, step: int) -> None:
    """Remove the end report and all reports after a step: a resumed run makes them again.

    Raises:
        RunError: the file cannot be written.
    """
    kept = [r for r in read_history(folder).reports if r.step <= step and not isinstance(r, EndReport)]
    lines = "".join(json.dumps(report_to_json(report)) + "\n" for report in kept)
    write_bytes(folder / METRICS_FILE, lines.encode())
