"""A line on stderr about what the program is doing, for as long as the user has to wait for it."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import final

from seqgen.cli.shared.escaping import escape_controls
from seqgen.cli.shared.mishaps import require_room_for_torch
from seqgen.cli.shared.render import duration, note
from seqgen.launch import away_from_working_folder, process_rank
from seqgen.waiting import Wait, waiting

TO_LINE_START = "\r"
"""Ends the format of a bar. A terminal echoes Ctrl-C as ^C where the cursor is, and there the bar overwrites it."""
_BAR_AFTER_S = 0.3
"""Seconds of waiting after which a terminal shows a bar."""
_LINE_AFTER_S = 1.0
"""Seconds of waiting after which a line is printed where there is no terminal."""
_REFRESH_EVERY_S = 0.2
_TOLD_FROM_S = 60.0
"""Seconds that a wait must still take for its end to be told."""
_SURE_AFTER_S = 2.0
"""Seconds after which it can be told from what has been done in them."""
_NUMBER_WIDTH = 10
"""Columns for a space and the time in brackets. A number is not cut, but left out."""


@contextmanager
def starting() -> Iterator[None]:
    """A wait for PyTorch to load, which takes a second or two, always the same: only a terminal says it.

    Raises:
        ConfigError: PyTorch cannot load here.
    """
    require_room_for_torch()
    with away_from_working_folder(), waiting("loading PyTorch") if sys.stderr.isatty() else nullcontext():
        yield


@final
class TimeLeft:
    """How much longer a wait with a known end will take, from how fast it went so far.

    >>> left = TimeLeft()
    >>> left.after(Wait("reading", done=0, total=1000), at_s=0.0)
    >>> left.after(Wait("reading", done=10, total=1000), at_s=10.0)
    '16m 30s left'
    """

    def __init__(self) -> None:
        self._wait = Wait("")
        self._began_s = self._begun = 0.0

    def after(self, wait: Wait, *, at_s: float) -> str | None:
        """The time in words, when so much is done at this time. None for a minute or less, and if nobody knows yet."""
        if wait.total is None:
            return None
        if wait.total != self._wait.total or wait.done < self._wait.done:  # another one has begun
            self._began_s, self._begun = at_s, wait.done
        self._wait = wait
        spent_s, gained = at_s - self._began_s, wait.done - self._begun
        if spent_s < _SURE_AFTER_S or not gained:
            return None
        left_s = spent_s * (wait.total - wait.done) / gained
        return f"{duration(left_s)} left" if left_s > _TOLD_FROM_S else None


@final
class WaitLine:
    """A watcher: shows a bar that disappears at the end of the wait on a terminal, and prints one line elsewhere.

    A wait that will take more than another minute says how long. A thread draws, so that work which says nothing for a
    while does not look dead.
    """

    def __init__(self) -> None:
        self._wait: Wait | None = None
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._told: set[str] = set()
        """Lines that were printed. None is printed twice."""

    def __call__(self, wait: Wait | None) -> None:
        """Hear what is under way."""
        self._wait = wait
        if wait is not None and self._thread is None and process_rank() == 0:
            self._ended.clear()
            draw = self._draw_bar if sys.stderr.isatty() else self._print_line
            self._thread = threading.Thread(target=draw, daemon=True)
            self._thread.start()
        elif wait is None and self._thread is not None:
            self._ended.set()
            self._thread.join()
            self._thread = None

    def _print_line(self) -> None:
        left, pause_s = TimeLeft(), _LINE_AFTER_S
        while not self._ended.wait(pause_s) and (wait := self._wait) is not None:
            self._tell(wait.what, wait.what)
            if (told := left.after(wait, at_s=time.monotonic())) is not None:
                self._tell(f"{wait.what} left", f"{wait.what}: about {told}")
            pause_s = _SURE_AFTER_S

    def _tell(self, key: str, line: str) -> None:
        """Print a line, but none with the same key twice."""
        if key not in self._told:
            self._told.add(key)
            note(line)

    def _draw_bar(self) -> None:
        if self._ended.wait(_BAR_AFTER_S):
            return
        from tqdm import tqdm

        left = TimeLeft()
        with tqdm(file=sys.stderr, leave=False, dynamic_ncols=True, bar_format=TO_LINE_START) as bar:
            while (wait := self._wait) is not None:
                told = left.after(wait, at_s=time.monotonic())
                room = shutil.get_terminal_size().columns - len(wait.what) - _NUMBER_WIDTH
                elapsed = "({elapsed}){bar}" if room >= 0 else "{bar}"  # which is blank without a total
                end = elapsed if wait.total is None else "{percentage:3.0f}%|{bar}|"
                end += f" {told}" if told and room >= len(told) else ""
                bar.bar_format = "{desc} " + end + TO_LINE_START
                bar.total, bar.n = wait.total, min(wait.done, wait.total or wait.done)
                bar.set_description_str(escape_controls(wait.what))
                if self._ended.wait(_REFRESH_EVERY_S):
                    return
