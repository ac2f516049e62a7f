"""Files that fail: what a block does with files is counted, and one of these operations fails or is the last one."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import functools
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, final

import pytest

ERRORS = ("ENOSPC", "EIO", "EROFS", "EACCES", "EMFILE")
_OPERATIONS = ("replace", "unlink", "chmod", "stat", "mkdir", "rmdir")


class Killed(BaseException):
    """The process was killed: whatever cleans up after an error does nothing any more."""


@final
class FileFaults:
    """Counts operations on files, from 1, and lets one of them go wrong.

    `error` is the name of the error with which operation number `at` fails, and with `stays` all after it. Without an
    error, the process is killed after that operation. With `is_short`, a write that goes wrong has written a half.
    """

    def __init__(
        self, at: int | None = None, *, error: str | None = None, stays: bool = False, is_short: bool = False
    ) -> None:
        self.names: list[str] = []
        """What was done, in order."""
        self._at, self._error, self._stays, self._is_short = at, error, stays, is_short
        self.is_dead = False
        self._handles: list[int] = []
        self._files: list[_File] = []

    @contextlib.contextmanager
    def happening(self) -> Iterator[None]:
        """Let them happen until the block ends."""
        with contextlib.ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
            stack.callback(self._leave_all)
            for name in _OPERATIONS:
                patch.setattr(os, name, self._counted(name, getattr(os, name)))
            patch.setattr(os, "open", self._counted("open", functools.partial(self._open, os.open)))
            patch.setattr(os, "fsync", self._counted("fsync", lambda handle: None))  # tests do not cut the power
            patch.setattr(os, "fdopen", lambda handle, mode: io.BufferedWriter(_File(self, handle, mode)))
            patch.setattr(Path, "open", lambda path, mode="r", **options: self._open_path(path, mode, options))
            yield

    def run(self, name: str, operation: Callable[[], Any], half: Callable[[], Any] | None = None) -> Any:
        """Do an operation that has this name, or what is to happen instead of it."""
        if self.is_dead:
            raise Killed
        self.names.append(name)
        number, is_short = len(self.names), self._is_short and half is not None
        goes_wrong = self._at is not None and (number == self._at or (self._stays and number > self._at))
        if not goes_wrong:
            return operation()
        if half is not None and is_short:
            half()
        if self._error is not None:
            code = getattr(errno, self._error)
            raise OSError(code, os.strerror(code))
        if not is_short:
            with contextlib.suppress(OSError):
                result = operation()
                if isinstance(result, io.IOBase):
                    result.close()  # as the system does when the process is dead
        self.is_dead = True
        raise Killed

    def _counted(self, name: str, operation: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *arguments, **options: self.run(name, lambda: operation(*arguments, **options))

    def _open(self, operation: Callable[..., int], *arguments: Any, **options: Any) -> int:
        self._handles.append(operation(*arguments, **options))
        return self._handles[-1]

    def _open_path(self, path: Path, mode: str, options: dict[str, Any]) -> Any:
        if mode == "ab":
            return self.run("open", lambda: self._open_file(path, mode))
        return io.open(path, mode, **options)  # noqa: UP020  builtins.open is not Path.open

    def _open_file(self, path: Path, mode: str) -> _File:
        self._files.append(_File(self, path, mode))
        return self._files[-1]

    def _leave_all(self) -> None:
        """Give up the files and locks of a process that was killed, as the system does."""
        for file in self._files:
            file.close()
        for handle in self._handles if self.is_dead else ():
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_UN)


@final
class _File(io.FileIO):
    """A file without a buffer whose writes may fail."""

    def __init__(self, faults: FileFaults, file: Path | int, mode: str) -> None:
        super().__init__(file, mode)
        self._faults = faults

    def write(self, data: Any, /) -> int:
        if self._faults.is_dead:
            return len(data)  # what a dead process still had in its buffers is lost
        write, half = super().write, bytes(data)[: len(data) // 2]
        written: int = self._faults.run("write", lambda: write(data), lambda: write(half))
        return written

    def truncate(self, size: int | None = None, /) -> int:
        truncate = super().truncate
        length: int = self._faults.run("truncate", lambda: truncate(size))
        return length
