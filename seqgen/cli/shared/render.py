"""What the commands have in common on the screen: notes on stderr, tables and JSON on stdout."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from seqgen.launch import process_rank

if TYPE_CHECKING:
    from rich.table import Table

    from seqgen.run import SavedModel


_PIPED_WIDTH = 160


def note(text: str) -> None:
    """One line about what is going on, on stderr, after all that went to stdout before it.

    Of several processes that train together, only the first speaks.
    """
    if process_rank() > 0:
        return
    sys.stdout.flush()
    print(text, file=sys.stderr, flush=True)


def note_run(model: SavedModel) -> None:
    """Say which model a command uses."""
    note(f"model: {model.path} ({model.record.model.cell}, {model.tokenizer.kind})")


def print_prose(text: str) -> None:
    """A sentence on stdout; a terminal shows it without words cut in two."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns
        text = "\n".join(textwrap.fill(line, width, break_on_hyphens=False) for line in text.split("\n"))
    print(text)


def print_json(value: object) -> None:
    """A report for programs, on stdout."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def make_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, n_left: int, bold: Collection[int] = ()
) -> Table:
    """A table, its first `n_left` columns to the left and the others to the right, the rows of some numbers bold.

    A row of one cell is the heading of those below it.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for number, name in enumerate(header):
        table.add_column(Text(name), justify="left" if number < n_left else "right", overflow="fold")
    for number, row in enumerate(rows):
        if len(row) == 1:
            table.add_section()
        table.add_row(*map(Text, row), style="bold" if number in bold else None)
    return table


def print_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, n_left: int, bold: Collection[int] = ()
) -> None:
    """A table on stdout."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else _PIPED_WIDTH
    Console(highlight=False, width=width).print(make_table(header, rows, n_left=n_left, bold=bold))


def print_columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Texts side by side, wrapped to equal columns, on stdout."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, show_lines=True, expand=True)
    for name in header:
        table.add_column(Text(name), ratio=1, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console(highlight=False, width=None if sys.stdout.isatty() else _PIPED_WIDTH).print(table)


def print_facts(title: str, facts: Sequence[tuple[str, str]]) -> None:
    """Names and values, one pair a line, on stdout."""
    width = max(len(name) for name, _ in facts)
    print(title)
    for name, value in facts:
        print(f"  {name:<{width}}  {value}")


def count(number: float) -> str:
    """1234567 -> '1,234,567'."""
    return f"{number:,.0f}"


def duration(seconds: float) -> str:
    """Seconds as '42s', '3m 07s' or '2h 05m'."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02d}s"
    return f"{whole // 3600}h {whole % 3600 // 60:02d}m"


def size(n_bytes: float) -> str:
    """Bytes as '312 bytes', '1.1 MB' and so on."""
    for unit in ("bytes", "kB", "MB"):
        if n_bytes < 1000:
            return f"{n_bytes:.0f} {unit}" if unit == "bytes" else f"{n_bytes:.1f} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.1f} GB"
