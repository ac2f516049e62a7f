"""One training run at a time in a folder: a lock of the operating system, which ends with the process that holds it."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import weakref
from pathlib import Path
from typing import final

from seqgen.errors import RunError

if sys.platform == "win32":  # pragma: no cover - needs Windows
    import msvcrt
else:
    import fcntl

LOCK_FILE = ".lock"

_HELD = {errno.EAGAIN, errno.EACCES, errno.EDEADLK}
"""Errors with which a system says that another process holds the lock. All others say that it has no locks here."""

_READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}


@final
class FolderLock:
    """The right to train in a folder, from `acquire` to `release` or to the end of the process.

    >>> from pathlib import Path
    >>> lock = FolderLock.acquire(Path("checkpoints/story"))
    >>> FolderLock.acquire(Path("checkpoints/story"))
    Traceback (most recent call last):
    seqgen.errors.RunError: checkpoints/story is in use by another training run: wait until it has ended, or stop it
    >>> lock.release()
    """

    def __init__(self, folder: Path, handle: int) -> None:
        self.folder = folder
        self._handle = handle
        self._folder_handle = _open_folder(folder)
        self._release = weakref.finalize(self, _release, folder / LOCK_FILE, handle, self._folder_handle)

    @classmethod
    def acquire(cls, folder: Path) -> FolderLock:
        """Lock a folder that exists.

        Raises:
            RunError: another training run holds the lock, or the folder cannot be written.
        """
        return cls(folder, _locked_file(folder))

    @property
    def has_folder(self) -> bool:
        """Whether the folder is still where it was. A folder that cannot be read is not."""
        return self._is_held or _is_kept(self.folder, self._folder_handle)

    def require_folder(self) -> None:
        """Check that the folder is still where it was, so that nothing is written into another one.

        A lock that somebody has deleted is made again.

        Raises:
            RunError: the folder was moved or deleted, or another training run has begun in it without a lock.
        """
        if not self.has_folder:
            raise RunError(f"{self.folder} was moved or deleted while it was being trained")
        if not self._is_held:
            new = _locked_file(self.folder)
            os.dup2(new, self._handle, inheritable=False)
            os.close(new)

    @property
    def _is_held(self) -> bool:
        return _is_same_file(self.folder / LOCK_FILE, self._handle)

    def release(self) -> None:
        """Let others train in the folder. Releasing twice does no harm."""
        self._release()


def _locked_file(folder: Path) -> int:
    """A handle on the lock of a folder; `FolderLock.acquire` says what it raises."""
    path = folder / LOCK_FILE
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            remedy = "; make it writable, or resume a copy of it" if error.errno in _READ_ONLY else ""
            raise RunError(f"{folder} cannot be written: {error.strerror or error}{remedy}") from None
        if not _lock(handle):
            os.close(handle)
            raise RunError(f"{folder} is in use by another training run: wait until it has ended, or stop it")
        if _is_same_file(path, handle):
            return handle
        os.close(handle)  # whoever held this file has removed it in the meantime: lock the next one


def _lock(handle: int) -> bool:
    """Lock an open file unless another process has it; true where the file system knows no locks."""
    try:
        if sys.platform == "win32":  # pragma: no cover - needs Windows
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _HELD
    return True


def _is_same_file(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except OSError:
        return False


def _open_folder(folder: Path) -> int | None:
    """A handle on the folder itself. None on Windows, which opens no folder and deletes no lock that is held."""
    try:
        return os.open(folder, os.O_RDONLY)
    except OSError:
        return None


def _is_kept(folder: Path, handle: int | None) -> bool:
    """Whether this folder has the handle, and files. A working folder that was deleted seems to be there, but empty."""
    if handle is None or not _is_same_file(folder, handle):
        return False
    with contextlib.suppress(OSError):
        return any(folder.iterdir())
    return False


def _release(path: Path, handle: int, folder_handle: int | None) -> None:
    if folder_handle is not None:
        os.close(folder_handle)
    if _is_same_file(path, handle):
        with contextlib.suppress(OSError):  # Windows removes no open file, and an empty one does no harm
            path.unlink()
    os.close(handle)
