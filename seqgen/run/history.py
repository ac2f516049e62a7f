"""The history of a run: the reports of its training, one line of `metrics.jsonl` each."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from seqgen.durable import write_bytes
from seqgen.errors import ConfigError, RunError
from seqgen.run.reports import EndReport, Report, StepReport, ValidationReport, report_from_json, report_to_json

METRICS_FILE = "metrics.jsonl"


@dataclass(frozen=True)
class History:
    """The reports of a training run, the earliest first.

    >>> history = read_history(Path("checkpoints/story"))
    >>> len(history.steps), len(history.validations), history.end.reason
    (3, 3, 'budget')
    """

    reports: tuple[Report, ...] = ()

    @property
    def steps(self) -> list[StepReport]:
        return [report for report in self.reports if isinstance(report, StepReport)]

    @property
    def validations(self) -> list[ValidationReport]:
        return [report for report in self.reports if isinstance(report, ValidationReport)]

    @property
    def end(self) -> EndReport | None:
        """How training ended. None if it was stopped or is still running."""
        last = self.reports[-1] if self.reports else None
        return last if isinstance(last, EndReport) else None


def read_history(folder: Path) -> History:
    """Read the reports in a run folder; there are none without a `metrics.jsonl`.

    A line that is not a report is skipped: a power cut may leave half a line.

    Raises:
        RunError: the file cannot be read.

    >>> read_history(Path("checkpoints/story")).steps[0].step
    1
    """
    path = folder / METRICS_FILE
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror or error}") from None
    reports: list[Report] = []
    for line in lines:
        try:
            reports.append(report_from_json(json.loads(line)))
        except (ValueError, TypeError, LookupError, ConfigError):
            continue
    return History(tuple(reports))


def append_reports(folder: Path, reports: Iterable[Report], *, end: int | None = None) -> int:
    """Add reports to `metrics.jsonl`, all of them or none, and return its size in bytes.

    `end` is the size that the call before has returned. What is behind it, a call has left that failed.

    Raises:
        RunError: the file cannot be written.

    >>> size = append_reports(Path("checkpoints/story"), [EndReport(step=3, reason="budget", elapsed_s=0.1)])
    >>> read_history(Path("checkpoints/story")).end.step
    3
    """
    path = folder / METRICS_FILE
    try:
        with path.open("ab", buffering=0) as file:  # a buffer would be written once more after a failure
            size = file.tell()
            if end is not None and end < size:
                file.truncate(end)
                size = end
            try:
                data = _lines(reports)
                _write_all(file, data)
                return size + len(data)
            except OSError:
                with contextlib.suppress(OSError):  # half a line would spoil the line that follows it
                    file.truncate(size)
                raise
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror or error}") from None


def _write_all(file: FileIO, data: bytes) -> None:
    while data:
        data = data[file.write(data) :]  # a disk that is nearly full may take only a part
    os.fsync(file.fileno())


def truncate_history(folder: Path, step: int, *, n_reports: int | None = None) -> int:
    """Remove the end report and all reports after a step: a resumed run makes them again. Returns how many are left.

    After a step comes its validation. So the step alone does not say which reports were made before a save; their
    number does.

    Raises:
        RunError: the file cannot be written.

    >>> truncate_history(Path("checkpoints/story"), 2)
    4
    >>> [type(report).__name__ for report in read_history(Path("checkpoints/story")).reports]
    ['StepReport', 'ValidationReport', 'StepReport', 'ValidationReport']
    >>> truncate_history(Path("checkpoints/story"), 2, n_reports=3)
    3
    """
    earlier = read_history(folder).reports[:n_reports]
    kept = [report for report in earlier if report.step <= step and not isinstance(report, EndReport)]
    write_bytes(folder / METRICS_FILE, _lines(kept), make_folder=False)
    return len(kept)


def _lines(reports: Iterable[Report]) -> bytes:
    return "".join(json.dumps(report_to_json(report)) + "\n" for report in reports).encode()
