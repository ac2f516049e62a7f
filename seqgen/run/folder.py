"""The run folder, in which a training run leaves its files. Only this package reads and writes it.

model.safetensors      the best model so far: weights, configuration, tokenizer, provenance
last.safetensors       what resuming needs: weights, optimizers, carried state, random state, position in the text
previous.safetensors   the `last.safetensors` of the save before
damaged.safetensors    a `last.safetensors` that could not be read when the run was resumed from the one before
metrics.jsonl          every report of the trainer, one line each
curve.png              training loss and validation loss, drawn when training ends
.lock                  held by the training that writes into the folder, and removed when it ends
"""

from __future__ import annotations

import contextlib
import itertools
import os
from datetime import datetime
from pathlib import Path

from seqgen.durable import is_unfinished, nearest_place, remove_unfinished, write_bytes
from seqgen.errors import RunError
from seqgen.run.lock import LOCK_FILE, FolderLock

CHECKPOINTS = Path("checkpoints")
"""Where run folders are made unless the user names another place."""
MODEL_FILE = "model.safetensors"
LAST_FILE = "last.safetensors"
PREVIOUS_FILE = "previous.safetensors"
DAMAGED_FILE = "damaged.safetensors"
CURVE_FILE = "curve.png"

_MAX_STEM_LENGTH = 60
"""Characters of a corpus's file name that go into the name of its run."""


def default_folder(corpus: str, cell: str, *, created: datetime) -> Path:
    """`checkpoints/<corpus>-<cell>-<UTC time>`, followed by a number if that exists already.

    >>> default_folder("texts/tale.v2.txt.gz", "gru", created=datetime(2026, 1, 2, 3, 4, 5)).as_posix()
    'checkpoints/tale-gru-20260102-030405'
    """
    stem = "stdin" if corpus == "-" else Path(corpus).resolve().name.split(".")[0][:_MAX_STEM_LENGTH]
    name = f"{stem or 'text'}-{cell}-{created:%Y%m%d-%H%M%S}"
    suffixes = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
    return next(folder for suffix in suffixes if not (folder := CHECKPOINTS / f"{name}{suffix}").exists())


def named_folder(folder: Path) -> Path:
    """The same folder by a path that ends in its name, as `.` and `..` do not.

    >>> named_folder(Path("checkpoints/story")).as_posix(), named_folder(Path("checkpoints/story/..")).name
    ('checkpoints/story', 'checkpoints')
    """
    return folder.resolve() if folder.name in ("", "..") else folder


def require_run(folder: Path) -> None:
    """Check that a path names a folder, as a run that can be resumed does.

    Raises:
        RunError: there is a file, or nothing, or the path cannot be read.

    >>> require_run(Path("checkpoints/nowhere"))
    Traceback (most recent call last):
    seqgen.errors.RunError: there is no run folder at checkpoints/nowhere
    """
    try:
        is_file, is_folder = folder.is_file(), folder.is_dir()
    except OSError as error:
        raise RunError(f"{folder} cannot be read: {error.strerror or error}") from None
    if is_file:
        raise RunError(f"{folder} is a single file, which cannot be resumed: begin a new run from it with --from")
    if not is_folder:
        raise RunError(f"there is no run folder at {folder}")


def require_new(folder: Path) -> None:
    """Check that a new run would overwrite nothing.

    Raises:
        RunError: there is a file at this path, or something in the folder.

    >>> require_new(Path("checkpoints/story"))
    Traceback (most recent call last):
    seqgen.errors.RunError: checkpoints/story exists and is not empty: choose another folder with --out, ...
    """
    try:
        paths = folder.iterdir() if folder.exists() else ()
        is_empty = all(path.name == LOCK_FILE or is_unfinished(path) for path in paths)
    except OSError as error:
        raise _cannot_be_made(folder, error) from None
    if not is_empty:
        raise RunError(
            f"{folder} exists and is not empty: choose another folder with --out, or continue it with --resume {folder}"
        )


def require_writable(folder: Path) -> None:
    """Check that a folder can be made, or that files can be made in it.

    Raises:
        RunError: it, or the nearest folder above it that exists, is read-only.

    >>> require_writable(Path("checkpoints/new"))
    """
    if not os.access(nearest_place(folder), os.W_OK):
        raise _cannot_be_made(folder, PermissionError())


def _cannot_be_made(folder: Path, error: OSError) -> RunError:
    """What is in the way of a folder, and what to do."""
    place = nearest_place(folder)
    if not place.is_dir():
        reason = f"{place} is a file"
    elif isinstance(error, PermissionError):
        reason = f"{place} is read-only"
    elif isinstance(error, FileNotFoundError):
        reason = f"nothing can be made in {place}"
    else:
        reason = error.strerror or str(error)
    return RunError(f"{folder} cannot be made: {reason}; choose another folder with --out")


def create_folder(folder: Path) -> FolderLock:
    """Make an empty run folder, and lock it for its training.

    Raises:
        RunError: something is in the folder, another training run uses it, or it cannot be made.

    >>> lock = create_folder(Path("checkpoints/new"))
    >>> Path("checkpoints/new").is_dir()
    True
    """
    require_new(folder)
    try:
        is_made = not folder.exists()
        if is_made:
            folder.mkdir(parents=True)  # fails if another training run has just made it
    except OSError as error:
        raise _cannot_be_made(folder, error) from None
    try:
        lock = FolderLock.acquire(folder)
    except RunError:
        if is_made:
            with contextlib.suppress(OSError):  # the first error is the one to report
                folder.rmdir()
        raise
    try:
        require_new(folder)  # another training run may have come and gone before the lock was ours
        remove_unfinished(folder)
    except RunError:
        lock.release()
        raise
    return lock


def save_curve(folder: Path, picture: bytes) -> Path:
    """Write `curve.png` and return its path.

    Raises:
        RunError: the file cannot be written.

    >>> save_curve(Path("checkpoints/story"), b"a picture").name
    'curve.png'
    """
    path = folder / CURVE_FILE
    write_bytes(path, picture, make_folder=False)
    return path
