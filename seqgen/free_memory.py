"""How much memory this process may still take: of the machine, of its container, and of its own limit."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import NamedTuple

_ROOT = Path("/")
_GROUPS = Path("sys/fs/cgroup")
_BYTES_PER_KB = 1024


class _Names(NamedTuple):
    """The files of a control group that say its limit and what it uses, and a line of its statistics."""

    limit: str
    used: str
    of_files: str
    """What it keeps of files that nobody reads now."""


_NAMES = _Names("memory.max", "memory.current", "inactive_file")
_NAMES_BEFORE = _Names("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
"""In the first version of control groups."""


def free_bytes(root: Path = _ROOT) -> int | None:
    """The least of what the machine, the control group and the process have left. None if nothing is known.

    What the system keeps of files counts as free, because it gives that back. `root` is where `proc` and `sys` are.

    >>> from seqgen.free_memory import free_bytes
    >>> free_bytes() > 0
    True
    """
    left = [_of_machine(root), *_of_groups(root), free_addresses()]
    known = [max(0, n_bytes) for n_bytes in left if n_bytes is not None]
    return min(known, default=None)


def free_addresses() -> int | None:
    """Bytes of addresses that `ulimit -v` leaves to this process; None if it has no such limit.

    >>> from seqgen.free_memory import free_addresses
    >>> free_addresses() is None or free_addresses() > 0
    True
    """
    if sys.platform != "linux":
        return None
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return None
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return limit - pages * resource.getpagesize()
    return None


def describe_bytes(n_bytes: float) -> str:
    """Bytes in words.

    >>> describe_bytes(36_000_000), describe_bytes(1.34e9), describe_bytes(41e9), describe_bytes(2.5e15)
    ('36 MB', '1.3 GB', '41 GB', '2,500 TB')
    >>> describe_bytes(1), describe_bytes(900), describe_bytes(12_000)
    ('1 byte', '900 bytes', '12 KB')
    """
    if round(n_bytes) < 1000:
        return "1 byte" if round(n_bytes) == 1 else f"{n_bytes:.0f} bytes"
    for unit, size in (("KB", 1e3), ("MB", 1e6), ("GB", 1e9)):
        if round(n_bytes / size) < 1000:
            return f"{n_bytes / size:.{1 if unit == 'GB' and n_bytes < 10 * size else 0}f} {unit}"
    return f"{n_bytes / 1e12:,.0f} TB"


def _of_machine(root: Path) -> int | None:
    """Free memory and swap space; all memory of a machine that does not tell."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        lines = (root / "proc/meminfo").read_text(encoding="ascii").splitlines()
        values = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
        return sum(int(values[name][0]) for name in ("MemAvailable", "SwapFree")) * _BYTES_PER_KB
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _of_groups(root: Path) -> list[int]:
    """What each control group around this process has left, in either version of them."""
    left: list[int] = []
    with contextlib.suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            _, kinds, path = line.split(":", 2)
            if kinds == "":
                top, names = root / _GROUPS, _NAMES
            elif "memory" in kinds.split(","):
                top, names = root / _GROUPS / "memory", _NAMES_BEFORE
            else:
                continue
            inner = top / path.strip("/")
            folders = [inner, *(folder for folder in inner.parents if folder.is_relative_to(top))]
            left += [n_bytes for folder in folders if (n_bytes := _of_group(folder, names)) is not None]
    return left


def _of_group(folder: Path, names: _Names) -> int | None:
    """What one control group has left; None if it has no limit."""
    with contextlib.suppress(OSError, ValueError):
        most = int((folder / names.limit).read_text(encoding="ascii"))  # "max" is no number
        lines = (folder / "memory.stat").read_text(encoding="ascii").splitlines()
        of_kind = dict(line.split() for line in lines if line)
        return most - int((folder / names.used).read_text(encoding="ascii")) + int(of_kind.get(names.of_files, 0))
    return None
