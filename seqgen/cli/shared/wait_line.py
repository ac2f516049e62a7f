"""A line on stderr about what the program is doing, for as long as the user has to wait for it."""

from __future__ import annotations

import sys
import threading
from contextlib import AbstractContextManager, nullcontext
from typing import final

from seqgen.cli.shared.escaping import escape_controls
from seqgen.cli.shared.render import note
from seqgen.launch import process_rank
from seqgen.waiting import Wait, waiting

TO_LINE_START = "\r"
"""Ends the format of a bar. A terminal echoes Ctrl-C as ^C where the cursor is, and there the bar overwrites it."""
_BAR_AFTER_S = 0.3
"""Seconds of waiting after which a terminal shows a bar."""
_LINE_AFTER_S = 1.0
"""Seconds of waiting after which a line is printed where there is no terminal."""
_REFRESH_EVERY_S = 0.2


def starting() -> AbstractContextManager[object]:
    """A wait for PyTorch to load, which takes a second or two, always the same: only a terminal says it."""
    return waiting("loading PyTorch") if sys.stderr.isatty() else nullcontext()


@final
class WaitLine:
    """A watcher: shows a bar that disappears at the end of the wait on a terminal, and prints one line elsewhere.

    A thread draws, so that work which says nothing for a while does not look dead.
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
        has_ended = self._ended.wait(_LINE_AFTER_S)
        if not has_ended and (wait := self._wait) is not None and wait.what not in self._told:
            self._told.add(wait.what)
            note(wait.what)

    def _draw_bar(self) -> None:
        if self._ended.wait(_BAR_AFTER_S):
            return
        from tqdm import tqdm

        with tqdm(file=sys.stderr, leave=False, dynamic_ncols=True) as bar:
            while (wait := self._wait) is not None:
                end = "({elapsed}){bar}" if wait.total is None else "{percentage:3.0f}%|{bar}|"  # no total, a blank bar
                bar.bar_format = "{desc} " + end + TO_LINE_START
                bar.total, bar.n = wait.total, min(wait.done, wait.total or wait.done)
                bar.set_description_str(escape_controls(wait.what))
                if self._ended.wait(_REFRESH_EVERY_S):
                    return
