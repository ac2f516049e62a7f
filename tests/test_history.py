"""The reports of a training run on disk: read back, damaged, cut off, and taken back to a step."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from seqgen.errors import RunError
from seqgen.run import (
    METRICS_FILE,
    EndReport,
    History,
    StepReport,
    append_reports,
    read_history,
    truncate_history,
)

HUGE = json.dumps({"report": "end", "step": 3, "reason": "budget", "elapsed_s": 10**400})


def a_step(step: int) -> StepReport:
    return StepReport(
        step=step, n_tokens=8, loss_nats=1.5, grad_norm=0.5, rate_share=1.0, elapsed_s=float(step), fraction=0.5
    )


def test_reports_are_read_back_but_for_a_line_cut_off_by_a_power_cut(tmp_path: Path) -> None:
    assert read_history(tmp_path) == History()
    reports = [a_step(step) for step in (1, 2)]
    append_reports(tmp_path, reports[:1])
    append_reports(tmp_path, reports[1:])
    with (tmp_path / METRICS_FILE).open("a", encoding="utf-8") as file:
        file.write('{"report": "st')
    assert read_history(tmp_path) == History(tuple(reports))


@pytest.mark.parametrize("line", ["{}", "[1, 2]", "1", '{"report": "other"}', '{"report": "step"}', "\udcff", HUGE])
def test_a_line_of_metrics_that_is_no_report_is_skipped(tmp_path: Path, line: str) -> None:
    append_reports(tmp_path, [a_step(1)])
    with (tmp_path / METRICS_FILE).open("ab") as file:
        file.write(line.encode(errors="surrogateescape") + b"\n")
    append_reports(tmp_path, [a_step(2)])
    assert [report.step for report in read_history(tmp_path).reports] == [1, 2]


def test_a_folder_in_the_place_of_the_metrics_is_no_history(tmp_path: Path) -> None:
    (tmp_path / METRICS_FILE).mkdir()
    assert read_history(tmp_path) == History()


def test_reports_after_the_step_that_is_resumed_are_forgotten(tmp_path: Path) -> None:
    append_reports(tmp_path, [*map(a_step, range(1, 6)), EndReport(step=5, reason="budget", elapsed_s=5.0)])
    truncate_history(tmp_path, 3)
    append_reports(tmp_path, [a_step(4)])
    assert [report.step for report in read_history(tmp_path).reports] == [1, 2, 3, 4]


def test_the_end_of_a_run_is_forgotten_even_if_no_step_is(tmp_path: Path) -> None:
    append_reports(tmp_path, [a_step(5), EndReport(step=5, reason="budget", elapsed_s=5.0)])
    assert read_history(tmp_path).end is not None
    truncate_history(tmp_path, 5)
    assert read_history(tmp_path) == History((a_step(5),))


def test_a_run_that_has_no_end_report_has_not_ended() -> None:
    assert History().end is None
    assert History((a_step(1),)).end is None


def test_reports_that_cannot_all_be_written_leave_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    append_reports(tmp_path, [a_step(1)])
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(RunError, match=r"metrics\.jsonl cannot be written: No space left on device$"):
        append_reports(tmp_path, [a_step(2)])
    assert read_history(tmp_path) == History((a_step(1),))


def test_no_history_is_written_into_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be written: No such file or directory"):
        append_reports(tmp_path / "gone", [a_step(1)])
    with pytest.raises(RunError, match="cannot be written: No such file or directory"):
        truncate_history(tmp_path / "gone", 1)
