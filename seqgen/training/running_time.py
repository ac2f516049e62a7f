"""Seconds in which this process ran: a clock that stands still while the process does."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import final

_BEAT_EVERY_S = 0.5
_LEAST_PAUSE_S = 5.0
"""A shorter gap between two beats may come from a busy machine."""


@final
class RunningTime:
    """A clock that leaves out the time in which the whole process stood still.

    A process stands still while it is stopped (SIGSTOP, Ctrl-Z) and while a laptop sleeps. `time.monotonic` counts the
    first everywhere, and the second on some systems. A long step looks the same from inside the training loop. So a
    thread of its own looks at the clock twice a second: it goes on during the longest step, and is late by more than
    five seconds only if nothing of the process ran. Such a gap is a pause, and is not counted.

    >>> clock = RunningTime()
    >>> with clock.beating():
    ...     started = clock.now()
    >>> clock.now() >= started, clock.paused_s
    (True, 0.0)
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.paused_s = 0.0
        """Seconds of all pauses until now."""
        self._now = now
        self._looked_at: float | None = None
        """The time of the latest look at the clock; None as long as no thread looks at it."""
        self._lock = threading.Lock()

    def now(self) -> float:
        """Seconds since some moment, without the pauses."""
        with self._lock:
            now = self._now()
            if self._looked_at is not None:
                gap_s = now - self._looked_at
                self.paused_s += gap_s if gap_s > _LEAST_PAUSE_S else 0.0
                self._looked_at = now
            return now - self.paused_s

    @contextlib.contextmanager
    def beating(self) -> Iterator[None]:
        """Notice pauses until the block ends."""
        ended = threading.Event()
        thread = threading.Thread(target=self._beat_until, args=(ended,), daemon=True)
        self._looked_at = self._now()
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self._looked_at = None

    def _beat_until(self, ended: threading.Event) -> None:
        while not ended.wait(_BEAT_EVERY_S):
            self.now()
