"""What the machine refuses while a command runs, such as memory and file handles: a line for each, with a remedy."""

from __future__ import annotations

import errno
import os
import re

from seqgen.cli.shared.shortening import shortened
from seqgen.errors import ConfigError
from seqgen.free_memory import describe_bytes, free_addresses, free_bytes
from seqgen.launch import NO_WORKING_FOLDER, has_working_folder

_NO_MEMORY = re.compile(
    r"OutOfMemoryError|allocate memory|not enough memory|failed to map segment|could not create a primitive"
)
"""How libraries say it: PyTorch on a GPU, on Linux and on Windows, what loads code, and oneDNN."""
_NO_HANDLES = "Too many open files"
_NO_THREADS = "can't start new thread"
_HANDLES_THAT_SUFFICE = 1024
_TORCH_TAKES = 700_000_000
"""Bytes of addresses that loading it takes, most of them for its code. With less it ends in a segmentation fault."""
_SHOWN_NAME = 200
"""Characters that are shown of a file's name."""


def describe_mishap(error: Exception) -> str | None:
    """What has happened and what to do, as one line; None if the error is a bug.

    A file that the system refuses is named: it was deleted in the meantime, say, or its name is too long.

    >>> from seqgen.cli.shared.mishaps import describe_mishap
    >>> describe_mishap(PermissionError(13, "Permission denied", "story.txt"))
    'story.txt cannot be used: Permission denied'
    >>> describe_mishap(ValueError("a bug")) is None
    True
    """
    message = f"{type(error).__name__}: {error}"
    if isinstance(error, MemoryError) or _NO_MEMORY.search(message):
        on_gpu = "CUDA" in message
        free = None if on_gpu else free_bytes()
        figure = "" if free is None else f", and {describe_bytes(free)} are free"
        where = " on the GPU" if on_gpu else ""
        return f"there is not enough memory{where} for this{figure}: give a shorter text or smaller numbers"
    if _NO_HANDLES in message:
        return f"too many files are open for this system: allow more, as with `ulimit -n {_HANDLES_THAT_SUFFICE}`"
    if _NO_THREADS in message:
        return "the system allows no further thread: end other programs, or allow more, as with `ulimit -u`"
    if isinstance(error, FileNotFoundError) and error.filename is None and not has_working_folder():
        return NO_WORKING_FOLDER  # libraries ask where they are, PyTorch among them
    if isinstance(error, OSError) and error.filename is not None:
        return f"{shortened(os.fsdecode(error.filename), _SHOWN_NAME)} cannot be used: {error.strerror}"
    return None


def is_of_output(error: BaseException) -> bool:
    """Whether writing to standard output has failed, which has no name.

    It is on a full disk, closed, a terminal that is gone, a pipe whose reader has left, or a file that may not grow.
    """
    of_output = {errno.ENOSPC, errno.EBADF, errno.EIO, errno.EPIPE, errno.EFBIG, errno.EDQUOT}
    return isinstance(error, OSError) and error.filename is None and error.errno in of_output


def require_room_for_torch() -> None:
    """Check that PyTorch can be loaded: with too few addresses it ends the program without a word.

    Raises:
        ConfigError: `ulimit -v` leaves too few.
    """
    n_bytes = free_addresses()
    if n_bytes is not None and n_bytes < _TORCH_TAKES:
        needed, free = describe_bytes(_TORCH_TAKES), describe_bytes(max(0, n_bytes))
        raise ConfigError(
            f"PyTorch needs {needed} of memory to begin, and the limit of this shell leaves {free}: raise it, as with "
            "`ulimit -v unlimited`"
        )
