"""A few threads that do work in its order. The program does not wait for them at its end."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar, final

_Result = TypeVar("_Result")


@final
class Threads:
    """At most so many threads, each of which begins when there is work for it.

    A `ThreadPoolExecutor` would hold up the end of the program until its work is done, which here may take seconds.

    >>> threads = Threads(2, name="example")
    >>> threads.submit(lambda: 6 * 7).result()
    42
    >>> threads.close()
    """

    def __init__(self, most: int, *, name: str) -> None:
        self._most = most
        self._name = name
        self._lock = threading.Lock()
        self._work: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._n_threads = 0
        self._is_closed = False

    def submit(self, work: Callable[[], _Result]) -> Future[_Result]:
        """Have some work done.

        Raises:
            RuntimeError: the threads are closed.
        """
        future: Future[_Result] = Future()
        with self._lock:
            if self._is_closed:
                raise RuntimeError("these threads are closed")
            self._work.put((future, work))
            if self._n_threads < self._most:
                self._n_threads += 1
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
        return future

    def close(self) -> None:
        """Begin nothing more. What waits is cancelled."""
        with self._lock:
            self._is_closed = True
            with contextlib.suppress(queue.Empty):
                while (waiting := self._work.get_nowait()) is not None:
                    waiting[0].cancel()
            for _ in range(self._n_threads):
                self._work.put(None)

    def _run(self) -> None:
        while (taken := self._work.get()) is not None:
            future, work = taken
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)
