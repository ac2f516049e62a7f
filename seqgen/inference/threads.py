"""One thread for NumPy's linear algebra: the same bits however many there are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_n_inside = 0
_before: list[tuple[Any, int]] = []
"""Libraries, and how many threads each had before anybody was inside."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Holds BLAS to one thread, in the whole process, until the last block that asked for it is left.

    Blocks may be entered and left by different threads.
    """
    global _n_inside
    with _lock:
        if not _n_inside:
            _before[:] = [(library, library.get_num_threads()) for library in _libraries()]
            for library, _ in _before:
                _set(library, 1)
        _n_inside += 1
    try:
        yield
    finally:
        with _lock:
            _n_inside -= 1
            for library, number in _before if not _n_inside else ():
                _set(library, number)


def limit_this_thread() -> None:
    """For a new thread within a block: a BLAS built with OpenMP has a limit for each thread."""
    for library in _libraries():
        _set(library, 1)


def _libraries() -> list[Any]:
    return list(ThreadpoolController().select(user_api="blas").lib_controllers)


def _set(library: Any, number: int) -> None:
    """Set the number of threads from any thread: the library would heed only the first that ever did."""
    clear = getattr(library, "clear_controlling_thread", lambda force: None)
    clear(force=True)
    library.set_num_threads(number)
    clear(force=True)
