"""One thread for NumPy's linear algebra: the same bits however many there are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

_lock = threading.Lock()
_n_inside = 0
_limits: threadpool_limits | None = None


@contextmanager
def one_thread() -> Iterator[None]:
    """Holds BLAS to one thread, in the whole process, until the last block that asked for it is left."""
    global _n_inside, _limits
    with _lock:
        if not _n_inside:
            _limits = threadpool_limits(1, user_api="blas")
        _n_inside += 1
    try:
        yield
    finally:
        with _lock:
            _n_inside -= 1
            if not _n_inside and _limits is not None:
                _limits.restore_original_limits()
