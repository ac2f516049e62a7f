"""Files written whole or not at all: a temporary name, fsync, rename, fsync of the folder."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from seqgen.errors import RunError


@contextlib.contextmanager
def written_whole(path: Path, *, previous: Path | None = None) -> Iterator[BinaryIO]:
    """Open a file that appears at `path` when the block ends well, and leaves nothing when it does not.

    What stood there before is kept at `previous`, if one is named.

    Raises:
        OSError: the folder cannot be written, or the disk is full; what stood at `path` still stands.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o666 & ~_umask())
        _put_in_place(Path(name), path, previous)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        RunError: it cannot be written; what stood there before still stands.
    """
    try:
        with written_whole(path) as out:
            out.write(data)
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror or error}") from None


def _put_in_place(new: Path, path: Path, previous: Path | None) -> None:
    kept = previous if previous is not None and path.exists() else None
    if kept is not None:
        path.replace(kept)
    try:
        new.replace(path)
    except OSError:
        if kept is not None:
            kept.replace(path)
        raise


def _sync_folder(folder: Path) -> None:
    """Make a rename outlive a power cut, where the system can open a folder (Windows cannot)."""
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
    mask = os.umask(0)
    os.umask(mask)
    return mask
