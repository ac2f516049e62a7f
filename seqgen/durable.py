"""Files written whole or not at all: under a temporary name first, then renamed, each step forced to disk."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from seqgen.errors import RunError

_UNFINISHED = ".part"


@contextlib.contextmanager
def written_whole(path: Path, *, previous: Path | None = None, make_folder: bool = True) -> Iterator[BinaryIO]:
    """Open a file that appears at `path` when the block ends without an error, and leaves nothing when it fails.

    A file that was at `path` before is kept as `previous`, if that is given. The folder is made if it does not exist,
    unless `make_folder` is false.

    Raises:
        OSError: the folder cannot be written, the disk is full, or a device or a pipe is at `path`. A file that was at
            `path` before is still there.

    >>> with written_whole(Path("tale.txt")) as out:
    ...     n_bytes = out.write(b"two roads")
    ...     exists_within = Path("tale.txt").exists()
    >>> exists_within
    False
    >>> Path("tale.txt").read_text()
    'two roads'
    """
    if make_folder:
        path.parent.mkdir(parents=True, exist_ok=True)
    _require_replaceable(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(OSError):  # some file systems have no permissions
            Path(name).chmod(0o666 & ~_umask())
        _put_in_place(Path(name), path, previous)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def remove_unfinished(folder: Path, *, older_than_s: float = 0.0) -> None:
    """Remove the temporary files of writers that were killed. Whoever may still be writing there writes for less long.

    >>> Path(".tale.txt.x1.part").touch()
    >>> remove_unfinished(Path())
    >>> Path(".tale.txt.x1.part").exists()
    False
    """
    with contextlib.suppress(OSError):  # another process may do the same
        for path in filter(is_unfinished, folder.iterdir()):
            if path.is_file() and time.time() - path.stat().st_mtime >= older_than_s:
                path.unlink(missing_ok=True)


def is_unfinished(path: Path) -> bool:
    """Whether a file has the name of those that are still being written.

    >>> is_unfinished(Path("run/.last.safetensors.x1.part")), is_unfinished(Path("run/last.safetensors"))
    (True, False)
    """
    return path.name.startswith(".") and path.suffix == _UNFINISHED


def is_there(path: Path) -> bool:
    """Whether there is a file or a folder, as far as that can be told. `Path.exists` raises what this takes for a no.

    >>> is_there(Path("checkpoints/story")), is_there(Path("story.txt") / "chapter")
    (True, False)
    """
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True


def nearest_place(path: Path) -> Path:
    """A path itself if something is there, or else the nearest folder or file above it.

    >>> nearest_place(Path("checkpoints/story/no/such")).as_posix().endswith("checkpoints/story")
    True
    """
    return next(place for place in (path, *path.absolute().parents) if is_there(place))


def write_bytes(path: Path, data: bytes, *, make_folder: bool = True) -> None:
    """Write a file whole or not at all.

    Raises:
        RunError: the file cannot be written. A file that was at `path` before is still there.

    >>> write_bytes(Path("poem.txt"), b"two roads")
    >>> Path("poem.txt").read_text()
    'two roads'
    """
    try:
        with written_whole(path, make_folder=make_folder) as out:
            out.write(data)
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror or error}") from None


def _require_replaceable(path: Path) -> None:
    """Refuse to put a file in the place of a device or a pipe, as root could."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "it is a device or a pipe, not a file", str(path))


def _put_in_place(new: Path, path: Path, previous: Path | None) -> None:
    """Rename the new file to `path`, and the old one to `previous`; where that fails, undo it."""
    backup = previous if path.exists() else None
    if backup is not None:
        path.replace(backup)
    try:
        new.replace(path)
    except OSError:
        if backup is not None:
            backup.replace(path)
        raise


def _sync_folder(folder: Path) -> None:
    """Force a rename to disk, so that it survives a power cut. Windows cannot open a folder, so there it is skipped."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    """The permissions that new files do not get. It can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
