"""The memory of a step, kept for the next one."""

from __future__ import annotations

import contextlib
import ctypes
import sys

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
_TOP_PAD_BYTES = 64 << 20


def keep_freed_memory() -> None:
    """Tell glibc to keep what is freed, instead of giving it back to the system and faulting it in again.

    A step on the CPU frees and allocates its large arrays anew, tens of megabytes: kept, a step takes a quarter less
    time. The process holds its peak from then on. Nothing happens where the allocator is another one.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_MAX, 0)
        mallopt(_M_TRIM_THRESHOLD, -1)
        mallopt(_M_TOP_PAD, _TOP_PAD_BYTES)
