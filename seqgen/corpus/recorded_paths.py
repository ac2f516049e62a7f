"""The paths in the record of a run. Whoever wrote the record chose them, so they are followed with care."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from seqgen.config import ReadingConfig
from seqgen.corpus.folders import list_files
from seqgen.corpus.stored_text import hash_text
from seqgen.errors import CorpusError

_SYSTEM_FOLDERS = (Path("/proc"), Path("/sys"))
"""Their files are views of the system: some never end, and some are waited for without end."""


def hash_recorded(paths: Sequence[str], reading: ReadingConfig) -> str:
    """The digest of the text that recorded paths hold now. Nothing of the files is kept or shown.

    >>> from seqgen.config import ReadingConfig
    >>> from seqgen.corpus.stored_text import store_text
    >>> hash_recorded(["story.txt"], ReadingConfig()) == store_text(["story.txt"]).sha256
    True
    >>> hash_recorded(["/dev/zero"], ReadingConfig())
    Traceback (most recent call last):
    seqgen.errors.CorpusError: /dev/zero is not a regular file, and a path in a file may lead to no other

    Raises:
        CorpusError: a path does not exist or is no regular file or folder, or there is no such text in it.
    """
    require_regular(paths)
    try:
        require_regular(list_files(paths, replace(reading, rules=1)).files)  # which opens none of them to see its kind
        return hash_text(list_files(paths, reading).files, reading)
    except CorpusError:  # its message may hold words of the file
        raise CorpusError(f"{', '.join(paths)} cannot be read as it was read for training") from None


def require_regular(paths: Sequence[str]) -> None:
    """Check that paths that stand in a file lead to regular files or folders, which end.

    >>> require_regular(["story.txt"])

    Raises:
        CorpusError: one of them does not.
    """
    for name in paths:
        path = Path(name)
        if not path.exists():
            raise CorpusError(f"{name} does not exist")
        if not (path.is_file() or path.is_dir()) or _is_of_system(path.resolve()):
            raise CorpusError(f"{name} is not a regular file, and a path in a file may lead to no other")


def _is_of_system(path: Path) -> bool:
    """Whether a path is in a folder of the system, or holds one."""
    return any(path.is_relative_to(folder) or folder.is_relative_to(path) for folder in _SYSTEM_FOLDERS)
