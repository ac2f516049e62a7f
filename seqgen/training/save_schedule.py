"""When a training run saves everything: every so many seconds, and rarer where saving takes long."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator
from typing import final

from seqgen.training.running_time import RunningTime

MOST_SHARE = 0.02
"""The most of the time that saving may take."""
_N_TIMED = 2
"""The fastest of so many saves counts, so that a disk that was busy once, as in the first, does not make saves rare."""


@final
class SaveSchedule:
    """When the next save is due. Time in which the process stood still does not count.

    >>> seconds = 0.0
    >>> schedule = SaveSchedule(60, time=RunningTime(lambda: seconds))
    >>> seconds = 60.0
    >>> schedule.is_due
    True
    >>> for _ in range(2):
    ...     with schedule.timing():
    ...         seconds += 6
    >>> schedule.took_s, schedule.interval_s, schedule.is_stretched, schedule.is_due
    (6.0, 300.0, True, False)
    """

    def __init__(self, every_s: float, *, time: RunningTime) -> None:
        self.every_s = every_s
        """Seconds from one save to the next, as they were asked for."""
        self._time = time
        self._began_at = time.now()
        self._took_s: deque[float] = deque(maxlen=_N_TIMED)

    @property
    def took_s(self) -> float:
        """Seconds that a save takes; 0 before two were timed."""
        return min(self._took_s) if len(self._took_s) == _N_TIMED else 0.0

    @property
    def interval_s(self) -> float:
        """Seconds from the beginning of one save to that of the next."""
        return max(self.every_s, self.took_s / MOST_SHARE)

    @property
    def is_stretched(self) -> bool:
        """Whether saves are rarer than they were asked for, because they take long."""
        return self.interval_s > self.every_s

    @property
    def is_due(self) -> bool:
        """Whether the latest save is long enough ago, or the session if it has not saved yet."""
        return self._time.now() - self._began_at >= self.interval_s

    @contextlib.contextmanager
    def timing(self) -> Iterator[None]:
        """Note when a save begins, and how long it takes. One that fails counts too."""
        self._began_at = self._time.now()
        try:
            yield
        finally:
            self._took_s.append(self._time.now() - self._began_at)
