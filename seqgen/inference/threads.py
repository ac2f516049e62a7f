"""One thread for NumPy's linear algebra, so that the bits do not depend on the number of threads."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_n_inside = 0
_before: list[tuple[Any, int]] = []
"""Each library, and its number of threads before the first block was entered."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep NumPy's BLAS at one thread, whoever calls it, until the last of all such blocks is left.

    Any thread may enter a block, and another may leave it.

    >>> import numpy as np
    >>> from seqgen.inference import one_thread
    >>> with one_thread():
    ...     product = np.ones((2, 3)) @ np.ones((3, 2))
    >>> product.tolist()
    [[3.0, 3.0], [3.0, 3.0]]
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
    """Keep BLAS at one thread in a thread that was started inside a `one_thread` block.

    It is needed because a BLAS built with OpenMP has a limit for each thread that calls it.

    >>> import threading
    >>> from seqgen.inference import limit_this_thread, one_thread
    >>> def work() -> None:
    ...     limit_this_thread()  # the linear algebra of this thread comes after it
    >>> with one_thread():
    ...     worker = threading.Thread(target=work)
    ...     worker.start()
    ...     worker.join()
    """
    for library in _libraries():
        _set(library, 1)


@functools.cache  # NumPy is linked with a library that is loaded by now; those loaded later work for others
def _libraries() -> list[Any]:
    return list(ThreadpoolController().select(user_api="blas").lib_controllers)


def _set(library: Any, number: int) -> None:
    """Set the number of threads from any thread.

    For OpenBLAS, threadpoolctl obeys only the first thread that ever set a number, until that thread is cleared.
    """
    clear = getattr(library, "clear_controlling_thread", lambda force: None)
    clear(force=True)
    library.set_num_threads(number)
    clear(force=True)
