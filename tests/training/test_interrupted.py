"""A run that is killed, moved, started twice or left without disk space: nothing is lost and nothing ends early."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqgen import run
from seqgen.config import Budget
from seqgen.errors import RunError
from seqgen.run import LAST_FILE, LOCK_FILE, METRICS_FILE, MODEL_FILE, load_checkpoint, open_model
from seqgen.training import EndReport, Report, Session, ValidationReport, session
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


@pytest.fixture
def save_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions try to save after every report, not once a minute."""
    monkeypatch.setattr(session, "_SAVE_EVERY_S", -1.0)


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


# A kill


def test_a_run_that_was_killed_long_after_its_last_save_ends_where_it_would_have_ended(tmp_path: Path) -> None:
    """Its best model is newer than its checkpoint, and the validations before it must not count as worse."""
    whole = finish(start(tmp_path / "whole"))
    killed = start(tmp_path / "killed")
    reports = killed.reports()
    train_to(reports, 25)
    killed.save()
    train_to(reports, 105)
    killed.close()
    assert load_checkpoint(killed.folder).record.progress.step == 25
    assert open_model(killed.folder).record.progress.step == 100
    resumed = finish(Session.resume(killed.folder, device="cpu"))
    assert isinstance(whole[-1], EndReport)
    assert whole[-1].reason == "patience"
    assert resumed[-1].step == whole[-1].step > 105
    assert timeless(killed.folder) == timeless(tmp_path / "whole")


def test_a_better_model_from_before_a_kill_is_not_replaced_by_a_worse_one(tmp_path: Path) -> None:
    """A run that does not repeat its bytes, for example on another device, may not become as good again."""
    killed = start(tmp_path / "run")
    reports = killed.reports()
    train_to(reports, 25)
    killed.save()
    train_to(reports, 105)
    killed.close()
    best = open_model(killed.folder)
    resumed = Session.resume(killed.folder, budget=Budget(steps=60), device="cpu")  # too short to be as good
    validated = [report.nats_per_token for report in finish(resumed) if isinstance(report, ValidationReport)]
    assert resumed.best_nats == best.record.progress.valid_nats_per_token
    assert resumed.best_nats < min(validated)
    assert resumed.best_step == 100
    assert open_model(killed.folder).sha256 == best.sha256


def test_a_validated_model_from_before_a_kill_is_not_replaced_by_an_unvalidated_one(tmp_path: Path) -> None:
    killed = start(tmp_path / "run", average=16.0)
    reports = killed.reports()
    train_to(reports, 5)
    killed.save()
    train_to(reports, 15)
    killed.close()
    resumed = Session.resume(killed.folder, device="cpu")
    train_to(resumed.reports(), 7)
    resumed.save()
    assert open_model(killed.folder).record.progress.step == 10


def test_a_step_that_was_killed_costs_only_what_came_after_the_last_save(tmp_path: Path) -> None:
    killed = start(tmp_path / "run")
    reports = killed.reports()
    train_to(reports, 4)
    killed.save()
    train_to(reports, 8)
    killed.close()
    resumed = Session.resume(tmp_path / "run", device="cpu")
    assert resumed.step == 4
    assert [line["step"] for line in metrics_lines(resumed.folder)] == [1, 2, 3, 4]


def test_a_kill_between_the_files_of_a_save_loses_no_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("append_reports", "save_checkpoint"):
        killed = start(tmp_path / name, steps=40)
        reports = killed.reports()
        train_to(reports, 12)
        killed.save()
        train_to(reports, 23)
        write = getattr(run, name)

        def write_and_die(*arguments: Any, write: Callable[..., None] = write, **options: Any) -> None:
            write(*arguments, **options)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(run, name, write_and_die)
            killed.save()
        killed.close()
        finish(Session.resume(killed.folder, device="cpu"))
        steps = [line["step"] for line in metrics_lines(killed.folder) if line["report"] == "step"]
        assert steps == list(range(1, 41))


def test_a_damaged_last_file_falls_back_on_the_one_before(tmp_path: Path) -> None:
    stopped = start(tmp_path / "run")
    reports = stopped.reports()
    for step in (2, 5):
        train_to(reports, step)
        stopped.save()
    stopped.close()
    (tmp_path / "run" / LAST_FILE).write_bytes(b"half")
    assert Session.resume(tmp_path / "run", device="cpu").step == 2


# Two trainings of one run


def test_a_run_that_is_being_trained_is_not_resumed(tmp_path: Path) -> None:
    first = start(tmp_path / "run")
    train_to(first.reports(), 3)
    first.save()
    before = timeless(first.folder)
    with pytest.raises(RunError, match="run is in use by another training"):
        Session.resume(first.folder, device="cpu")
    assert timeless(first.folder) == before
    first.close()
    second = Session.resume(first.folder, device="cpu")
    with pytest.raises(RunError, match="in use"):
        Session.resume(first.folder, device="cpu")
    second.close()


def test_another_process_is_kept_out_and_a_killed_one_keeps_nobody_out(tmp_path: Path) -> None:
    folder = start(tmp_path / "run").folder
    program = (
        "import sys, time, pathlib; from seqgen.run import FolderLock; "
        "lock = FolderLock.acquire(pathlib.Path(sys.argv[1])); print('locked', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(RunError, match="in use"):
            run.FolderLock.acquire(folder)
        holder.kill()
    assert (folder / LOCK_FILE).exists()
    run.FolderLock.acquire(folder).release()


def test_a_folder_is_free_again_when_its_training_has_ended_or_failed_to_begin(tmp_path: Path) -> None:
    ended = start(tmp_path / "run", steps=3)
    finish(ended)
    assert not (ended.folder / LOCK_FILE).exists()
    (ended.folder / MODEL_FILE).write_bytes(b"half")
    for _ in range(2):
        with pytest.raises(RunError, match="damaged"):
            Session.resume(ended.folder)
    assert not (ended.folder / LOCK_FILE).exists()


def test_a_lock_that_was_left_behind_does_not_make_a_folder_full(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / LOCK_FILE).touch()
    finish(start(tmp_path / "run", steps=2))


def test_two_new_trainings_do_not_share_an_empty_folder(tmp_path: Path) -> None:
    lock = run.create_folder(tmp_path / "run")
    with pytest.raises(RunError, match="in use"):
        run.create_folder(tmp_path / "run")
    lock.release()


@pytest.mark.parametrize("name", ["model.head.bias", "average.0", "carried.0", "counter.step", "random.cpu"])
@pytest.mark.parametrize("change", ["missing", "shape"])
def test_a_checkpoint_that_does_not_fit_its_configuration_is_refused(name: str, change: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    finish(start(folder, steps=2, average=16.0))
    checkpoint = load_checkpoint(folder)
    tensors = {**checkpoint.tensors}
    tensor = tensors.pop(name)
    if change == "shape":
        tensors[name] = np.zeros((2, 1, 1), tensor.dtype)
    run.save_checkpoint(folder, checkpoint.record, tensors=tensors)
    with pytest.raises(RunError, match="does not fit its configuration"):
        Session.resume(folder)


def test_the_files_of_two_runs_are_not_mixed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        finish(start(tmp_path / name, steps=2))
    shutil.copy(tmp_path / "a" / MODEL_FILE, tmp_path / "b" / MODEL_FILE)
    with pytest.raises(RunError, match="holds files of different runs"):
        Session.resume(tmp_path / "b")


# A folder that goes away


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


# A full disk


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
    for parameter in opened.state.model.parameters():
        parameter.data.fill_(float("nan"))
    end = [*reports][-1]
    assert isinstance(end, EndReport)
    assert end.reason == "diverged"
    opened.save()
    assert load_checkpoint(opened.folder).record.progress.step == 3
