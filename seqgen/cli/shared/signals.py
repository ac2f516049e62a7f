"""Signals that ask a training run to end: noted when they arrive, and looked at between two steps or obeyed at once."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType


class StopRequest:
    """The signal that has asked training to end, if any.

    A second Ctrl-C or kill ends the program at once. A second hangup does not: a shell and the system may both send one
    when a terminal closes.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._interrupts = False

    @property
    def exit_status(self) -> int:
        """The status of a program that this signal ended, as shells report it: 130 for Ctrl-C."""
        return 128 + (self.signal or 0)

    def __bool__(self) -> bool:
        return self.signal is not None

    def hear(self, number: int, frame: FrameType | None) -> None:
        is_second = self.signal is not None and number != getattr(signal, "SIGHUP", None)
        self.signal = self.signal or number
        if is_second or self._interrupts:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def interrupting(self) -> Iterator[None]:
        """For a block that looks at no request: the first signal ends the block at once, and is noted."""
        self._interrupts = True
        try:
            yield
        except KeyboardInterrupt:
            if self.signal is None:
                raise
        finally:
            self._interrupts = False


@contextlib.contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Until the block ends, note SIGINT (Ctrl-C), SIGTERM (kill) and SIGHUP (the terminal has closed).

    A SIGHUP that is ignored, as under nohup, stays ignored.
    """
    stop = StopRequest()
    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, stop.hear) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
