"""A save that fails, on a full disk or in a folder that is gone, is tried again and loses nothing."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from seqgen import run
from seqgen.errors import RunError
from seqgen.run import METRICS_FILE, load_checkpoint, open_model
from seqgen.training import EndReport, Session
from seqgen.training.recovery import MOST_SETBACKS
from seqgen.training.save_schedule import SaveSchedule
from tests.tiny import metrics_lines
from tests.training.interrupted import finish, start, timeless, train_to


@pytest.fixture
def save_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions try to save after every report, not once a minute."""
    monkeypatch.setattr(SaveSchedule, "is_due", True)


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Fills the disk, or frees it."""
    fsync = os.fsync
    state = {"is_full": False}

    def answer(handle: int) -> None:
        if state["is_full"]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(handle)

    def fill(is_full: bool) -> None:
        state["is_full"] = is_full

    monkeypatch.setattr(os, "fsync", answer)
    return fill


@pytest.mark.parametrize("fate", ["deleted", "moved", "replaced"])
def test_a_folder_that_goes_away_is_not_made_again(fate: str, tmp_path: Path, save_always: None) -> None:
    opened = start(tmp_path / "run", steps=30)
    reports = opened.reports()
    train_to(reports, 5)
    opened.folder.rename(tmp_path / "moved")
    if fate == "deleted":
        shutil.rmtree(tmp_path / "moved")
    if fate == "replaced":
        opened.folder.mkdir()
    train_to(reports, 7)
    assert opened.save_problem is not None
    assert "was moved or deleted" in opened.save_problem
    with pytest.raises(RunError, match="was moved or deleted"):
        train_to(reports, 100)
    assert opened.folder.exists() == (fate == "replaced")
    if fate == "replaced":
        assert list(opened.folder.iterdir()) == []
    if fate != "deleted":
        opened.close()
        assert Session.resume(tmp_path / "moved", device="cpu").step == 5


def test_a_folder_that_comes_back_gets_everything(tmp_path: Path, save_always: None) -> None:
    opened = start(tmp_path / "run", steps=30)
    reports = opened.reports()
    train_to(reports, 5)
    opened.folder.rename(tmp_path / "moved")
    train_to(reports, 25)
    (tmp_path / "moved").rename(opened.folder)
    train_to(reports, 27)
    assert opened.save_problem is None
    list(reports)
    assert [line["step"] for line in metrics_lines(opened.folder) if line["report"] == "step"] == list(range(1, 31))
    assert open_model(opened.folder).record.progress.step == opened.best_step > 5


def test_a_full_disk_does_not_end_a_training_that_can_save_later(
    tmp_path: Path, full_disk: Callable[[bool], None], save_always: None
) -> None:
    finish(start(tmp_path / "whole", steps=40))
    opened = start(tmp_path / "run", steps=40)
    reports = opened.reports()
    train_to(reports, 5)
    full_disk(True)
    train_to(reports, 35)
    assert opened.save_problem is not None
    assert "No space left on device" in opened.save_problem
    assert load_checkpoint(opened.folder).record.progress.step == 5
    full_disk(False)
    list(reports)
    assert opened.save_problem is None
    assert timeless(opened.folder) == timeless(tmp_path / "whole")
    saved, expected = (open_model(folder) for folder in (opened.folder, tmp_path / "whole"))
    assert saved.record.progress.step == expected.record.progress.step
    assert {name: array.tobytes() for name, array in saved.weights.items()} == {
        name: array.tobytes() for name, array in expected.weights.items()
    }


def test_a_disk_that_is_full_at_the_end_is_an_error_and_the_last_save_stays(
    tmp_path: Path, full_disk: Callable[[bool], None]
) -> None:
    opened = start(tmp_path / "run", steps=8)
    reports = opened.reports()
    train_to(reports, 4)
    opened.save()
    full_disk(True)
    with pytest.raises(RunError, match="No space left on device"):
        list(reports)
    full_disk(False)
    opened.close()
    assert Session.resume(opened.folder, device="cpu").step == 4


def test_a_failed_append_leaves_no_half_of_a_line(tmp_path: Path, full_disk: Callable[[bool], None]) -> None:
    report = EndReport(step=1, reason="budget", elapsed_s=1.0)
    run.append_reports(tmp_path, [report])
    full_disk(True)
    with pytest.raises(RunError, match="No space left"):
        run.append_reports(tmp_path, [report])
    full_disk(False)
    assert len((tmp_path / METRICS_FILE).read_text(encoding="utf-8").splitlines()) == 1


def test_a_diverged_training_is_not_saved_over_its_checkpoint(tmp_path: Path) -> None:
    opened = start(tmp_path / "run", steps=60)
    reports = opened.reports()
    train_to(reports, 3)
    opened.save()
    train_to(reports, 6)
    opened.state.n_setbacks = MOST_SETBACKS
    for parameter in opened.state.model.parameters():
        parameter.data.fill_(float("nan"))
    end = [*reports][-1]
    assert isinstance(end, EndReport)
    assert end.reason == "diverged"
    opened.save()
    assert load_checkpoint(opened.folder).record.progress.step == 3
