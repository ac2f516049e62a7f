"""What a run folder is called, who may write into it, and what stands in its way."""

from __future__ import annotations

import errno
import os
from datetime import datetime
from pathlib import Path

import pytest

from seqgen.container import read_container, write_container
from seqgen.errors import RunError
from seqgen.run import (
    LOCK_FILE,
    MODEL_FILE,
    FolderLock,
    amend_model,
    create_folder,
    default_folder,
    newest_models,
    open_model,
    require_new,
    require_run,
    require_writable,
    save_curve,
)

CREATED = datetime(2026, 1, 2, 3, 4, 5)
TOO_LONG = Path("x" * 300)


def open_files() -> set[str]:
    return set(os.listdir("/proc/self/fd"))  # noqa: PTH208


def refuse(*_: object) -> None:
    """What a file system without locks answers."""
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


def test_a_second_and_a_third_run_of_one_second_have_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folders = []
    for _ in range(3):
        folders.append(default_folder("tale.txt", "gru", created=CREATED))
        folders[-1].mkdir(parents=True)
    ends = [folder.name.removeprefix("tale-gru-20260102-030405") for folder in folders]
    assert ends == ["", "-2", "-3"]


def test_sixty_characters_of_a_long_name_are_kept() -> None:
    assert default_folder("a" * 80 + ".txt", "gru", created=CREATED).name == "a" * 60 + "-gru-20260102-030405"


def test_a_single_file_and_a_path_that_cannot_be_read_are_not_resumed(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(RunError, match="is a single file, which cannot be resumed: begin a new run from it"):
        require_run(tmp_path / "model.safetensors")
    with pytest.raises(RunError, match="x cannot be read: File name too long"):
        require_run(TOO_LONG)


def no_such_file(*_: object, **__: object) -> None:
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remedy = "; choose another folder with --out$"
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=f"run cannot be made: {tmp_path}/file is a file{remedy}"):
        create_folder(tmp_path / "file" / "run")
    with (
        pytest.raises(RunError, match=f"new cannot be made: nothing can be made in {tmp_path}{remedy}"),
        monkeypatch.context() as patch,
    ):
        patch.setattr(Path, "mkdir", no_such_file)  # as Linux answers in /proc
        create_folder(tmp_path / "new")
    with pytest.raises(RunError, match=f"x cannot be made: File name too long{remedy}"):
        require_new(TOO_LONG)
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    with pytest.raises(RunError, match=f"new/run cannot be made: {tmp_path} is read-only{remedy}"):
        require_writable(tmp_path / "new" / "run")


def test_a_folder_that_another_run_has_filled_in_the_meantime_is_refused_and_free_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acquire = FolderLock.acquire

    def come_late(folder: Path) -> FolderLock:
        (folder / MODEL_FILE).touch()
        return acquire(folder)

    monkeypatch.setattr(FolderLock, "acquire", come_late)
    with pytest.raises(RunError, match="is not empty"):
        create_folder(tmp_path / "run")
    assert not (tmp_path / "run" / LOCK_FILE).exists()


def test_the_curve_is_written_but_not_into_a_folder_that_is_gone(tmp_path: Path) -> None:
    assert save_curve(tmp_path, b"a picture").read_bytes() == b"a picture"
    with pytest.raises(RunError, match="No such file or directory"):
        save_curve(tmp_path / "gone", b"a picture")


def test_a_place_in_a_race_is_kept_when_a_temperature_is_added(run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / MODEL_FILE).write_bytes((run_folder / MODEL_FILE).read_bytes())
    amend_model(tmp_path / MODEL_FILE, race_place=2)
    amend_model(tmp_path / MODEL_FILE, temperature=0.6)
    record = open_model(tmp_path).record
    assert (record.race_place, record.temperature) == (2, 0.6)


@pytest.mark.parametrize(
    "change", [{"race": 7}, {"race_place": 1.5}, {"race_place": "x"}, {"created": 7}, {"progress": []},
               {"progress": {"valid_nats_per_token": 10**400}}, {"progress": {}}],
)  # fmt: skip
def test_a_record_of_anything_does_not_hide_the_runs_beside_it(
    change: dict[str, object], run_folder: Path, tmp_path: Path
) -> None:
    model = read_container(run_folder / MODEL_FILE, "model")
    for name, changes in (("whole", {"race": "r"}), ("other", change)):
        (tmp_path / name).mkdir()
        document = {**model.document, **changes}
        write_container(tmp_path / name / MODEL_FILE, "model", document=document, tensors={})
    assert tmp_path / "whole" / MODEL_FILE in newest_models(tmp_path)


def test_a_lock_cannot_be_made_in_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="gone cannot be written: No such file or directory"):
        FolderLock.acquire(tmp_path / "gone")


@pytest.mark.skipif(os.name != "posix", reason="Windows has other locks")
def test_a_file_system_without_locks_keeps_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fcntl.flock", refuse)
    FolderLock.acquire(tmp_path).release()
    assert list(tmp_path.iterdir()) == []


def test_a_run_notices_that_its_folder_is_another_one_or_none(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    lock = FolderLock.acquire(folder)
    lock.require_folder()
    folder.rename(tmp_path / "moved")
    with pytest.raises(RunError, match="was moved or deleted"):
        lock.require_folder()
    folder.mkdir()
    (folder / LOCK_FILE).touch()
    with pytest.raises(RunError, match="was moved or deleted"):
        lock.require_folder()
    lock.release()
    assert (folder / LOCK_FILE).exists()  # the lock of whoever trains there now


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not list what is open")
def test_a_lock_leaves_nothing_open(tmp_path: Path) -> None:
    before = open_files()
    lock = FolderLock.acquire(tmp_path)
    for _ in range(3):
        with pytest.raises(RunError, match="in use"):
            FolderLock.acquire(tmp_path)
    lock.release()
    assert open_files() == before


def test_a_lock_whose_file_its_owner_has_just_removed_is_taken_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = FolderLock.acquire(tmp_path)
    open_file, before = os.open, open_files()

    def open_in_vain(path: Path, *arguments: int) -> int:
        handle = open_file(path, *arguments)
        monkeypatch.undo()
        first.release()
        return handle

    monkeypatch.setattr(os, "open", open_in_vain)
    second = FolderLock.acquire(tmp_path)
    second.require_folder()
    assert len(open_files()) == len(before)
    second.release()
