"""A child process for what may take too long or too much memory. It limits itself; here is how it was ended."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping, Sequence

_OUT_OF_TIME = getattr(signal, "SIGXCPU", None)  # Windows has neither signals of this kind nor limits


def run_child(
    command: Sequence[str], data: bytes, *, most_s: float, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Give data to a program and wait until it has ended in one way or another.

    >>> import sys
    >>> from seqgen.child_process import run_child
    >>> run_child([sys.executable, "-c", "print(input()[::-1])"], b"seqgen", most_s=60).stdout.split()
    [b'negqes']

    Raises:
        TimeoutError: it took longer than `most_s`, or than the limit on its computing time.
    """
    try:
        child = subprocess.run(command, input=data, capture_output=True, timeout=most_s, check=False, env=environment)
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    if _OUT_OF_TIME is not None and child.returncode == -_OUT_OF_TIME:
        raise TimeoutError
    return child


def describe_end(child: subprocess.CompletedProcess[bytes]) -> str:
    """How a program that failed has ended, in words.

    >>> import subprocess
    >>> from seqgen.child_process import describe_end
    >>> describe_end(subprocess.CompletedProcess([], -9, b"", b""))
    'its process was ended by SIGKILL, as happens where memory is short'
    >>> describe_end(subprocess.CompletedProcess([], 1, b"", b"Traceback:\\nMemoryError"))
    'its process ended with status 1 (MemoryError)'
    """
    if child.returncode < 0:
        name = _name_of(-child.returncode)
        why = ", as happens where memory is short" if name == "SIGKILL" else ""
        return f"its process was ended by {name}{why}"
    lines = child.stderr.decode(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "no message")
    return f"its process ended with status {child.returncode} ({last})"


def _name_of(number: int) -> str:
    """What a signal is called; its number if it has no name, as most real-time signals have none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
