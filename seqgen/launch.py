"""How this process was started: what `torchrun` tells each of its processes, and in which folder.

A process that was started without `torchrun` is number 0 of 1.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from seqgen.errors import ConfigError

NO_WORKING_FOLDER = "the folder that you are in was deleted: go to another one with cd"


def process_count() -> int:
    """How many processes train together.

    >>> process_count()
    1
    """
    return _read("WORLD_SIZE", default=1)


def process_rank() -> int:
    """The number of this process among all of them, counted from 0.

    >>> process_rank()
    0
    """
    return _read("RANK", default=0)


def local_rank() -> int:
    """The number of this process among those on the same machine, counted from 0: it picks the GPU.

    >>> local_rank()
    0
    """
    return _read("LOCAL_RANK", default=0)


def require_working_folder() -> None:
    """Check that the folder in which the process was started still exists. PyTorch needs one.

    Raises:
        ConfigError: it was deleted.

    >>> require_working_folder()
    """
    if not has_working_folder():
        raise ConfigError(NO_WORKING_FOLDER)


def has_working_folder() -> bool:
    """Whether the folder in which the process was started still exists.

    >>> has_working_folder()
    True
    """
    try:
        os.getcwd()  # noqa: PTH109  the same call, but it says what it is for
    except OSError:
        return False
    return True


@contextmanager
def away_from_working_folder() -> Iterator[None]:
    """Load PyTorch within: it ends a process whose working folder is deleted meanwhile.

    Afterwards relative paths mean what they did before, even if the folder is gone.

    >>> from pathlib import Path
    >>> before = Path.cwd()
    >>> with away_from_working_folder():
    ...     within = Path.cwd()
    >>> within == before, Path.cwd() == before
    (False, True)
    """
    try:
        folder = os.open(".", os.O_RDONLY)
    except OSError:  # Windows opens no folder, and deletes none in which a process is
        yield
        return
    try:
        os.chdir(os.sep)
        yield
    finally:
        os.fchdir(folder)
        os.close(folder)


def require_single_process(command: str) -> None:
    """Check that a command which cannot share its work was not started by `torchrun`.

    Raises:
        ConfigError: several processes were started.

    >>> require_single_process("seqgen race")
    """
    if process_count() > 1:
        raise ConfigError(f"{command} runs in a single process: start it without torchrun")


def _read(variable: str, *, default: int) -> int:
    value = os.environ.get(variable, "")
    return int(value) if value.isdecimal() else default
