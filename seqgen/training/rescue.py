"""What is left of a run whose folder is gone or full, and the folder that it is saved in instead."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import final

from seqgen.durable import written_whole
from seqgen.errors import RunError
from seqgen.run import METRICS_FILE, MODEL_FILE, FolderLock, create_folder

_SUFFIX = "-rescued"


@final
class HeldFiles:
    """Files of a run folder that can still be read when the folder is gone.

    They are kept open: the system keeps what is in an open file, even if it is deleted. Windows deletes and replaces no
    open files, so none are held there.

    >>> from pathlib import Path
    >>> held = HeldFiles(Path("checkpoints/story"))
    >>> held.copy("model.safetensors", Path())
    >>> Path("model.safetensors").exists()
    True
    >>> held.close()
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._handles: dict[str, int] = {}
        self._close = weakref.finalize(self, _close_all, self._handles)
        for name in (MODEL_FILE, METRICS_FILE):
            self.hold(name)

    def hold(self, name: str) -> None:
        """Hold the file that has this name now; the one that was held before if it cannot be opened."""
        if os.name != "posix":
            return
        with contextlib.suppress(OSError):
            new = os.open(self._folder / name, os.O_RDONLY | os.O_CLOEXEC)
            if name in self._handles:
                os.close(self._handles[name])
            self._handles[name] = new

    def size_of(self, name: str) -> int:
        """Bytes of a file; 0 if there is none."""
        with contextlib.suppress(OSError):
            return (self._folder / name).stat().st_size
        return 0

    def copy(self, name: str, folder: Path, *, n_bytes: int | None = None) -> None:
        """Write the file, or its first bytes, into another folder.

        Raises:
            RunError: it cannot be written, or there is no such file.
        """
        handle = self._handles.get(name)
        try:
            with (self._folder / name).open("rb") if handle is None else os.fdopen(os.dup(handle), "rb") as file:
                file.seek(0)
                with written_whole(folder / name, make_folder=False) as out:
                    shutil.copyfileobj(file, out)
                    out.truncate(n_bytes)
        except OSError as error:
            raise RunError(f"{folder / name} cannot be written: {error.strerror or error}") from None

    def close(self) -> None:
        """Hold nothing any more."""
        self._close()


def _close_all(handles: dict[str, int]) -> None:
    while handles:
        os.close(handles.popitem()[1])


@final
class RescueFolder:
    """A new folder that a run is saved in for as long as its own cannot be used. It is locked like a run folder."""

    def __init__(self, lock: FolderLock, *, is_temporary: bool) -> None:
        self.folder = lock.folder
        self.is_temporary = is_temporary
        """Whether it is among temporary files, which the system may delete when it starts again."""
        self._lock = lock

    @classmethod
    def make(cls, folder: Path, *, beside_it: bool) -> RescueFolder:
        """Make it beside the run folder or, if that is not wanted or not possible, among temporary files.

        Raises:
            RunError: it can be made nowhere.

        >>> rescue = RescueFolder.make(Path("checkpoints/story"), beside_it=True)
        >>> rescue.folder.as_posix()
        'checkpoints/story-rescued'
        >>> rescue.remove()
        """
        if beside_it:
            with contextlib.suppress(RunError, OSError):
                return cls(create_folder(_free_name(folder)), is_temporary=False)
        try:
            place = _free_name(Path(tempfile.gettempdir()) / folder.name)
            return cls(create_folder(place), is_temporary=True)
        except OSError as error:
            raise RunError(f"no other folder can be made for {folder}: {error.strerror or error}") from None

    def release(self) -> None:
        """Leave the folder to whoever resumes the run."""
        self._lock.release()

    def remove(self) -> None:
        """Delete the folder."""
        self._lock.release()
        shutil.rmtree(self.folder, ignore_errors=True)


def _free_name(folder: Path) -> Path:
    suffixes = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
    paths = (folder.with_name(f"{folder.name}{_SUFFIX}{suffix}") for suffix in suffixes)
    return next(path for path in paths if not os.path.lexists(path))
