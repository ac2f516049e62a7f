"""Which files some paths name, and which files of a folder are left out and why."""

from __future__ import annotations

import contextlib
import fnmatch
import os
import shlex
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from seqgen.config import ReadingConfig
from seqgen.corpus.file_kinds import kind_of_file
from seqgen.errors import CorpusError

STANDARD_INPUT = "-"
_SYSTEM_FILES = {"desktop.ini", "thumbs.db", "ehthumbs.db", "icon\r"}
"""Files that operating systems put into folders, in lower case."""
_MAX_NAMED = 8
"""How many files a note names."""


@dataclass(frozen=True)
class FileList:
    """The files to read, and notes about the folders that they come from.

    >>> from seqgen.corpus.folders import list_files
    >>> list_files(["story.txt", "-"]).files
    ['story.txt', '-']
    """

    files: list[str]
    notes: tuple[str, ...]


def is_read_once(name: str) -> bool:
    """Whether a text can be read only once, as standard input and pipes.

    >>> is_read_once("-"), is_read_once("story.txt")
    (True, False)
    """
    path = Path(name)
    try:
        return name == STANDARD_INPUT or (path.exists() and not path.is_file() and not path.is_dir())
    except OSError:  # such as a name that is too long: whoever reads it says so
        return False


def list_files(paths: Sequence[str], reading: ReadingConfig | None = None) -> FileList:
    """Every file that some paths name. Folders are read recursively, in sorted order.

    Of a folder, files are left out that are hidden, binary, too large, of the operating system, or excluded.

    Raises:
        CorpusError: a path does not exist, or a folder holds no file to read.
    """
    reading = reading or ReadingConfig()
    files: list[str] = []
    notes: list[str] = []
    for name in paths:
        try:
            listed = _files_of(name, reading)
        except OSError as error:
            raise CorpusError(f"{name} cannot be read: {error.strerror or error}") from None
        files += listed.files
        notes += listed.notes
    return FileList(files, tuple(notes))


def _files_of(name: str, reading: ReadingConfig) -> FileList:
    if not name:
        raise CorpusError("a path is empty: give a text file, a folder of them, or - for standard input")
    path = Path(name)
    if name != STANDARD_INPUT and path.is_dir():
        return _files_in(path, reading)
    if name == STANDARD_INPUT or path.exists():
        return FileList([name], ())
    raise CorpusError(f"{name} does not exist: give a text file, a folder of them, or - for standard input")


def _files_in(folder: Path, reading: ReadingConfig) -> FileList:
    """The files of a folder that are read."""
    kept: list[Path] = []
    left_out: list[tuple[str, str]] = []
    for path in sorted(_walk(folder)):
        reason = _reason_to_leave_out(path, folder, reading)
        if reason is None:
            kept.append(path)
        else:
            left_out.append((path.relative_to(folder).as_posix(), reason))
    left_out = left_out if reading.rules > 1 else []
    omitted = _enumerate([f"{name} ({reason})" for name, reason in left_out])
    if not kept:
        raise CorpusError(f"the folder {folder} holds no file" + (f" to read; left out: {omitted}" if omitted else ""))
    names = _enumerate([path.relative_to(folder).as_posix() for path in kept])
    notes = [f"{folder}: {len(kept):,} file{'s' if len(kept) > 1 else ''} read ({names})"] if reading.rules > 1 else []
    notes += [f"{folder}: {len(left_out):,} left out: {omitted}"] if left_out else []
    return FileList([str(path) for path in kept], tuple(notes))


def _walk(folder: Path) -> Iterator[Path]:
    """Every file under a folder, and of the folders those that are not entered: hidden and unreadable ones, links."""
    unreadable: list[OSError] = []
    for top, folders, files in os.walk(folder, onerror=unreadable.append):
        skipped = [name for name in folders if name.startswith(".") or Path(top, name).is_symlink()]
        folders[:] = [name for name in folders if name not in skipped]
        yield from (Path(top, name) for name in (*skipped, *files))
    for error in unreadable:
        if Path(error.filename) == folder:
            raise error
        yield Path(error.filename)


def _reason_to_leave_out(path: Path, folder: Path, reading: ReadingConfig) -> str | None:
    """Why a path under a folder is not read; None if it is."""
    if path.name.startswith("."):
        return "hidden"
    if path.is_dir():
        return "a link to a folder" if path.is_symlink() else "a folder that cannot be read"
    if not path.is_file():
        return "a broken link" if path.is_symlink() else "neither a file nor a folder"
    return None if reading.rules == 1 else _reason_to_leave_out_file(path, folder, reading)


def _reason_to_leave_out_file(path: Path, folder: Path, reading: ReadingConfig) -> str | None:
    """Why a visible file under a folder is not read; None if it is."""
    if path.name.lower() in _SYSTEM_FILES:
        return "of the operating system"
    relative = path.relative_to(folder).as_posix()
    if reading.include and not _matches(relative, reading.include):
        return "not included"
    if _matches(relative, reading.exclude):
        return "excluded"
    if path.stat().st_size > reading.max_file_bytes:
        return f"over {reading.max_file_bytes:,} bytes; --set max_file_bytes=5GB allows more"
    return kind_of_file(path, encoding=reading.encoding)


def _matches(relative: str, patterns: Sequence[str]) -> bool:
    """Whether a path within a folder, or the name at its end, matches one of some patterns."""
    name = relative.rpartition("/")[2]
    return any(fnmatch.fnmatchcase(text, pattern) for pattern in patterns for text in (relative, name))


def _enumerate(names: Sequence[str]) -> str:
    """The first few names, and how many others there are."""
    n_others = len(names) - _MAX_NAMED
    return ", ".join(names[:_MAX_NAMED]) + (f" and {n_others:,} more" if n_others > 0 else "")


@contextlib.contextmanager
def hinting_at_exclude(files_of_folders: Set[str]) -> Iterator[None]:
    """If a file of a folder cannot be read, say that it can be left out. `--encoding` would change all the others.

    >>> with hinting_at_exclude({"folder/a.txt"}):
    ...     raise CorpusError("folder/a.txt is not utf-8")
    Traceback (most recent call last):
    seqgen.errors.CorpusError: folder/a.txt is not utf-8; or leave it out: --exclude a.txt
    """
    try:
        yield
    except CorpusError as error:
        for file in files_of_folders:
            if str(error).startswith(f"{file} "):
                raise CorpusError(f"{error}; or leave it out: --exclude {shlex.quote(Path(file).name)}") from None
        raise
