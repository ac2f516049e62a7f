"""The table of a race while it runs, on stderr."""

from __future__ import annotations

import math
import shutil
import statistics
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, final

from seqgen.cli.shared.escaping import escape_controls
from seqgen.cli.shared.render import count, duration, fit_columns, make_table, note, rounded
from seqgen.cli.train.race_entry import RaceEntry
from seqgen.waiting import Wait

if TYPE_CHECKING:
    from rich.console import Group
    from rich.live import Live

_AFTER_SCORE = ["train", "params", "steps", "epochs", "tokens/s", ""]
DROPPABLE = ["params", "epochs", "train", "steps"]
_REFRESH_EVERY_S = 0.25


def header_of(entries: Sequence[RaceEntry]) -> list[str]:
    """The heads of the columns. Which unit the score has is known once a training run has begun."""
    return ["model", next((entry.unit.short for entry in entries if entry.session), "bits/char"), *_AFTER_SCORE]


def row_of(entry: RaceEntry) -> list[str]:
    """A cell's row of the table; only its name before its training begins."""
    session = entry.session
    if session is None:
        return [entry.name, *[""] * (len(_AFTER_SCORE) + 1)]
    model = session.record.model
    return [
        f"{entry.cell} {model.n_layer}x{model.d_model}",
        f"{entry.best_bits:.4f}" if math.isfinite(entry.best_bits) else "",
        f"{entry.loss_bits:.3f}",
        rounded(session.n_parameters),
        count(session.step),
        f"{session.epoch:.1f}",
        count(session.tokens_per_s),
        duration(session.elapsed_s) if entry.verdict is None else entry.verdict.kind,
    ]


def pooled_row_of(entries: Sequence[RaceEntry]) -> list[str]:
    """The row of a cell that was trained with several seeds: the first one's, with the mean of the bits of all."""
    name, _, *rest = row_of(entries[0])
    bits = [entry.best_bits for entry in entries]
    return [name, f"{statistics.fmean(bits):.4f} ± {statistics.stdev(bits):.4f}", *rest]


@final
class RaceBoard:
    """A live table on a terminal; elsewhere a line for each cell when it has finished."""

    def __init__(self, entries: Sequence[RaceEntry]) -> None:
        self._entries = entries
        self._live: Live | None = None
        self._drawn_at = 0.0
        self._wait: Wait | None = None

    def __enter__(self) -> RaceBoard:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            console = Console(stderr=True, highlight=False)
            self._live = Live(self._drawing(), console=console, refresh_per_second=4, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def begin(self, entry: RaceEntry) -> None:
        """Say that a cell is the next."""
        if self._live is None:
            note(f"{entry.name}: begins")

    def refresh(self) -> None:
        """Show what the running cell has reached. This costs training time, so it happens only now and then."""
        if self._live is not None and time.monotonic() - self._drawn_at > _REFRESH_EVERY_S:
            self._drawn_at = time.monotonic()
            self._live.update(self._drawing())

    def show_wait(self, wait: Wait | None) -> None:
        """Show below the table what the running cell waits for."""
        self._wait = wait
        if self._live is not None:
            self._live.update(self._drawing())

    def finish(self, entry: RaceEntry) -> None:
        """Show a cell's result."""
        if self._live is not None:
            self._live.update(self._drawing())
        else:
            cells = zip(header_of([entry]), row_of(entry), strict=True)
            note("  ".join(f"{name} {value}" for name, value in cells).strip())

    def _drawing(self) -> Group:
        from rich.console import Group
        from rich.text import Text

        rows, width = [row_of(entry) for entry in self._entries], shutil.get_terminal_size().columns
        table = make_table(*fit_columns(header_of(self._entries), rows, droppable=DROPPABLE, width=width), n_left=1)
        waits_for = escape_controls(self._wait.what) if self._wait is not None else ""
        return Group(table, Text(waits_for))
