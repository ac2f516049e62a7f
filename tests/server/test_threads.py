"""Threads that work in order, and hold up no end."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from seqgen.server.threads import Threads

NEVER_DONE = """
import threading
from seqgen.server.threads import Threads
begun = threading.Event()
Threads(1, name="test").submit(lambda: (begun.set(), threading.Event().wait()))
begun.wait()
print("end")
"""


def test_what_waits_is_cancelled_when_they_close_and_what_runs_ends() -> None:
    threads, has_begun, go_on = Threads(1, name="test"), threading.Event(), threading.Event()

    def wait() -> bool:
        has_begun.set()
        return go_on.wait(5)

    running = threads.submit(wait)
    assert has_begun.wait(5)
    waiting = threads.submit(lambda: 1)
    threads.close()
    go_on.set()
    assert running.result(5)
    assert waiting.cancelled()
    with pytest.raises(RuntimeError, match="closed"):
        threads.submit(lambda: 1)


def test_an_error_is_that_of_its_work_alone() -> None:
    threads = Threads(1, name="test")
    failed, done = threads.submit(lambda: 1 // 0), threads.submit(lambda: 2)
    with pytest.raises(ZeroDivisionError):
        failed.result(5)
    assert done.result(5) == 2
    threads.close()


def test_a_program_ends_although_its_work_does_not() -> None:
    ended = subprocess.run([sys.executable, "-c", NEVER_DONE], capture_output=True, text=True, timeout=10, check=True)
    assert ended.stdout == "end\n"
