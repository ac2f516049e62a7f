"""One run folder has one training run at a time."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from seqgen import run
from seqgen.errors import RunError
from seqgen.run import LAST_FILE, LOCK_FILE, MODEL_FILE
from seqgen.training import Session
from tests.training.interrupted import finish, start, timeless, train_to


def test_a_run_that_is_being_trained_is_not_resumed(tmp_path: Path) -> None:
    first = start(tmp_path / "run")
    train_to(first.reports(), 3)
    first.save()
    before = timeless(first.folder)
    with pytest.raises(RunError, match="run is in use by another training run"):
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
        with pytest.raises(RunError, match="incomplete"):
            Session.resume(ended.folder)
    assert not (ended.folder / LOCK_FILE).exists()


@pytest.mark.skipif(os.name != "posix", reason="Windows deletes no lock that is held")
def test_a_lock_that_somebody_deletes_is_made_again_with_the_next_save(tmp_path: Path) -> None:
    opened = start(tmp_path / "run")
    train_to(opened.reports(), 3)
    (opened.folder / LOCK_FILE).unlink()
    opened.save()
    assert opened.saved_in == opened.folder
    with pytest.raises(RunError, match="in use"):
        Session.resume(opened.folder, device="cpu")
    opened.close()
    assert not (opened.folder / LOCK_FILE).exists()


@pytest.mark.skipif(os.name != "posix", reason="Windows deletes no lock that is held")
def test_a_run_whose_lock_was_deleted_writes_nothing_once_another_trains_in_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    opened = start(tmp_path / "a" / "run")
    train_to(opened.reports(), 3)
    (opened.folder / LOCK_FILE).unlink()
    other = run.FolderLock.acquire(opened.folder)
    with pytest.raises(RunError, match=rf"in use by another training run.*saved in {tmp_path / 'run-rescued'}"):
        opened.save()
    assert not (opened.folder / LAST_FILE).exists()
    opened.close()
    other.require_folder()
    other.release()


def test_a_lock_that_was_left_behind_does_not_make_a_folder_full(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / LOCK_FILE).touch()
    assert finish(start(tmp_path / "run", steps=2))[-1].step == 2


def test_two_new_training_runs_do_not_share_an_empty_folder(tmp_path: Path) -> None:
    lock = run.create_folder(tmp_path / "run")
    with pytest.raises(RunError, match="in use"):
        run.create_folder(tmp_path / "run")
    lock.release()


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_folder_that_is_read_only_is_refused_with_what_to_do(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: int) -> int:
        raise OSError(number, os.strerror(number), path)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(RunError, match=r"cannot be written: .*; make it writable, or resume a copy of it$"):
        run.FolderLock.acquire(tmp_path)
