"""How long some work takes on this machine, done so often that other programs and first times do not matter."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import torch

UNSTEADY_NOTE = "other programs are busy here: the timings were unsteady, so they were repeated"
UNSTEADY = 1.5
"""Timings are unsteady if the slowest time is this many times the fastest. On an idle machine it is 1.1 times."""
_MEASURE_S = 0.1
_MIN_TIMES = 3
"""Work is timed at least so often, to see whether the times agree."""


def times_of(work: Callable[[], object], device: torch.device, *, is_warm: bool = False) -> list[float]:
    """Seconds that some work takes, several times. Their median does not count one that was interrupted.

    The first time allocates memory and chooses kernels, so it is not counted. With `is_warm`, it is over already.

    >>> len(times_of(lambda: time.sleep(0.01), torch.device("cpu"))) >= 3
    True
    """
    if not is_warm:
        seconds_of(work, device)
    times: list[float] = []
    while sum(times) < _MEASURE_S or len(times) < _MIN_TIMES:
        times.append(seconds_of(work, device))
    return times


def seconds_of(work: Callable[[], object], device: torch.device) -> float:
    """Seconds that some work takes this time, until the device has ended it.

    >>> seconds_of(lambda: None, torch.device("cpu")) < 1
    True
    """
    started = time.perf_counter()
    work()
    if device.type == "cuda":  # pragma: no cover - needs a GPU
        torch.cuda.synchronize(device)
    return time.perf_counter() - started


@contextlib.contextmanager
def one_thread_fewer() -> Iterator[None]:
    """Leave a core to the other programs, as training will do.

    >>> before = torch.get_num_threads()
    >>> with one_thread_fewer():
    ...     torch.get_num_threads() == max(1, before - 1)
    True
    """
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, before - 1))
    try:
        yield
    finally:
        torch.set_num_threads(before)
