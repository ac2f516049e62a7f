"""A file is there whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from seqgen.durable import remove_unfinished, write_bytes, written_whole
from seqgen.errors import RunError


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def fail(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_appears_only_when_its_block_has_ended_well(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file"
    with written_whole(path) as out:
        out.write(b"text")
        assert not path.exists()
    assert path.read_bytes() == b"text"
    assert names(path.parent) == {"file"}


def test_an_error_in_the_block_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), written_whole(path, previous=tmp_path / "previous") as out:
        out.write(b"half of the n")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == {"file"}


def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RunError, match=r"pipe cannot be written: it is a device or a pipe, not a file$"):
        write_bytes(tmp_path / "pipe", b"new")
    assert (tmp_path / "pipe").is_fifo()
    assert names(tmp_path) == {"pipe"}


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"), written_whole(path, previous=tmp_path / "previous") as out:
        out.write(b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == {"file"}


def test_a_failed_rename_leaves_the_old_file_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    replace = Path.replace

    def replace_some(source: Path, target: Path) -> Path:
        if target == path and source.name.endswith(".part"):
            fail()
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", replace_some)
    with pytest.raises(OSError, match="No space left"), written_whole(path, previous=tmp_path / "previous") as out:
        out.write(b"new")
    assert path.read_bytes() == b"old"


def test_the_file_before_is_kept_where_it_is_asked_for(tmp_path: Path) -> None:
    path, previous = tmp_path / "file", tmp_path / "previous"
    for text in (b"1", b"2", b"3"):
        with written_whole(path, previous=previous) as out:
            out.write(text)
    assert (path.read_bytes(), previous.read_bytes()) == (b"3", b"2")
    assert names(tmp_path) == {"file", "previous"}


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
@pytest.mark.parametrize(("mask", "mode"), [(0o027, 0o640), (0, 0o666)])
def test_others_may_read_the_file_as_far_as_the_umask_lets_them(mask: int, mode: int, tmp_path: Path) -> None:
    before = os.umask(mask)
    try:
        write_bytes(tmp_path / "file", b"text")
    finally:
        after = os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == mode
    assert after == mask


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not list what is open")
def test_nothing_stays_open(tmp_path: Path) -> None:
    before = names(Path("/proc/self/fd"))
    write_bytes(tmp_path / "file", b"text")
    assert names(Path("/proc/self/fd")) == before


def test_the_text_is_on_the_disk_before_its_name_and_the_name_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, synced = tmp_path / "file", []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append((path.exists(), os.fstat(handle))))
    write_bytes(path, b"text")
    (before, text), (after, folder) = synced
    assert (before, text.st_size) == (False, 4)
    assert (after, folder.st_ino) == (True, tmp_path.stat().st_ino)


def test_an_interrupt_just_after_the_rename_is_an_interrupt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = Path.replace

    def replace_and_stop(source: Path, target: Path) -> None:
        replace(source, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", replace_and_stop)
    with pytest.raises(KeyboardInterrupt):
        write_bytes(tmp_path / "file", b"text")
    assert (tmp_path / "file").read_bytes() == b"text"


def test_bytes_that_cannot_be_written_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(RunError, match=r"file cannot be written: No space left on device$"):
        write_bytes(tmp_path / "file", b"text")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_neither_a_pipe_nor_a_folder_is_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name, words in (("pipe", "it is a device or a pipe, not a file"), ("folder", "Is a directory")):
        with pytest.raises(RunError, match=f"{name} cannot be written: {words}"):
            write_bytes(tmp_path / name, b"text")
    assert names(tmp_path) == {"pipe", "folder"}


def test_what_a_killed_writer_leaves_is_removed(tmp_path: Path) -> None:
    with written_whole(tmp_path / "file"):
        (unfinished,) = names(tmp_path)
    (tmp_path / unfinished).touch()
    remove_unfinished(tmp_path)
    assert names(tmp_path) == {"file"}


def test_a_folder_that_is_called_like_an_unfinished_file_is_left(tmp_path: Path) -> None:
    folders = {f".{number}.part" for number in range(9)}
    for name in folders:
        (tmp_path / name).mkdir()
    (tmp_path / ".file.part").touch()
    remove_unfinished(tmp_path)
    assert names(tmp_path) == folders


def test_what_killed_writers_left_is_removed_and_what_is_still_being_written_is_not(tmp_path: Path) -> None:
    for name in (".model.safetensors.abc.part", ".new.part", "text.part", ".lock"):
        (tmp_path / name).touch()
    os.utime(tmp_path / ".model.safetensors.abc.part", (0, 0))
    remove_unfinished(tmp_path, older_than_s=60)
    assert names(tmp_path) == {".new.part", "text.part", ".lock"}
    remove_unfinished(tmp_path)
    assert names(tmp_path) == {"text.part", ".lock"}


def test_a_folder_that_is_missing_has_nothing_to_remove(tmp_path: Path) -> None:
    remove_unfinished(tmp_path / "missing")
    assert names(tmp_path) == set()
