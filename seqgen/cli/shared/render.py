"""How commands show things: notes on stderr, tables, sentences and JSON on stdout."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from seqgen.cli.shared.escaping import escape_controls, json_text
from seqgen.launch import process_rank

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from seqgen.run import SavedModel

_PIPED_WIDTH = 160
_COLUMN_GAP = 2
"""Spaces between two columns of a table."""
_DAY_S = 24 * 60 * 60
_YEAR_S = 365.25 * _DAY_S
_FOLDED_WIDTH = 12
"""Columns that a cell takes at least, if it has so many: it is folded, but no number of usual length is."""
_LEAST_VALUE_WIDTH = 20
"""Columns for a value beside its name. With fewer it may go below the name."""
_UNBROKEN = "\u00a0"
"""A space at which no line breaks."""


def note(text: str, *, wraps: bool = True) -> None:
    """Print a sentence on stderr, after everything that went to stdout before it. A terminal wraps it between words.

    A line with a command in it should not wrap, so that it can be copied. When several processes train together, only
    the first one prints.
    """
    if process_rank() > 0:
        return
    sys.stdout.flush()
    text = escape_controls(text)
    print(wrap_words(text) if wraps and sys.stderr.isatty() else text, file=sys.stderr, flush=True)


def note_painted(text: str) -> None:
    """Print a line on stderr that brings its own colours."""
    sys.stdout.flush()
    print(text, file=sys.stderr, flush=True)


def note_run(model: SavedModel, *, is_named: bool) -> None:
    """Say which model a command uses, and why if the user has not named it."""
    direction = ", backward" if model.record.corpus.backward else ""
    untrained = "" if model.record.progress.step else ", not trained yet"
    what = f"{model.record.model.cell}, {model.tokenizer.kind}{direction}{untrained}"
    note(f"model: {model.address} ({what}){why_used(model, is_named)}")


def why_used(model: SavedModel, is_named: bool) -> str:
    """Why a command uses a model, as the end of a line; empty if the user has named it, or if it is just the newest."""
    return "" if is_named or model.record.race is None else ", the best run of the newest race"


def print_prose(text: str) -> None:
    """Print a paragraph on stdout. On a terminal it is wrapped between words."""
    text = escape_controls(text)
    print(wrap_words(text) if sys.stdout.isatty() else text)


def wrap_words(text: str, *, indent: int = 0) -> str:
    """Lines no wider than the terminal, all but the first indented. A longer word, such as a path, stays whole."""
    width = shutil.get_terminal_size().columns
    return textwrap.fill(text, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)


def screen_width(otherwise: int) -> int:
    """Columns of the terminal that shows standard output; `otherwise` in a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else otherwise


def print_json(value: object) -> None:
    """Print a report for programs on stdout."""
    print(json_text(value, indent=2))


def make_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, n_left: int, bold: Collection[int] = ()
) -> Table:
    """A table. Its first `n_left` columns are aligned left, the others right; `bold` has the numbers of bold rows.

    A row of one cell is the heading of the rows below it.
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
        cells = [Text(escape_controls(cell)) for cell in row]
        table.add_row(*cells, style="bold" if number in bold else None)
    return table


def table_width(rows: Sequence[Sequence[str]], *, widest: int | None = None) -> int:
    """How many columns of a screen a table takes, its header included, if no cell takes more than `widest`."""
    from rich.cells import cell_len

    n_columns = max(map(len, rows))
    widths = [max(cell_len(row[column]) for row in rows if column < len(row)) for column in range(n_columns)]
    return sum(min(width, widest or width) for width in widths) + _COLUMN_GAP * (n_columns - 1)


def fit_columns(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, droppable: Sequence[str], width: int
) -> tuple[list[str], list[list[str]]]:
    """A table without the columns for which there is no room, so that no number and no word is cut.

    `droppable` names the columns that may go, the first to go first.
    """
    left_out: list[str] = []
    for name in (None, *droppable):
        left_out += [] if name is None else [name]
        kept = [number for number, title in enumerate(header) if title not in left_out]
        table = [[row[number] for number in kept if number < len(row)] for row in (header, *rows)]
        if table_width(table) <= width:
            break
    return table[0], table[1:]


def print_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    n_left: int,
    bold: Collection[int] = (),
    droppable: Sequence[str] = (),
) -> list[str]:
    """Print a table on stdout. If it is too wide, it leaves out `droppable` columns, the first of them first.

    If it is too wide even then, every row becomes lines of names and values, and no column is left out. Returns the
    names of the columns that it has left out.
    """
    width = screen_width(_PIPED_WIDTH)
    kept, cells = fit_columns(header, rows, droppable=droppable, width=width)
    if table_width([kept, *cells], widest=_FOLDED_WIDTH) > width:
        for first, *values in rows:
            facts = [(name, value) for name, value in zip(header[1:], values, strict=False) if value]
            print_facts(f"{header[0]} {first}" if facts else first, facts)
        return []
    _print_drawn(make_table(kept, cells, n_left=n_left, bold=bold))
    return [name for name in header if name not in kept]


def print_left_out(columns: Sequence[str]) -> None:
    """Say which columns a table has no room for, if there are any. Commands with such tables have --json."""
    if columns:
        print_prose(f"left out, because the screen is too narrow: {', '.join(columns)}; --json has all columns")


def print_columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print texts side by side on stdout, wrapped to columns of equal width."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, show_lines=True, expand=True)
    for name in header:
        table.add_column(Text(name), ratio=1, overflow="fold")
    for row in rows:
        table.add_row(*(Text(escape_controls(cell, keep="\n\t")) for cell in row))
    _print_drawn(table)


def _print_drawn(drawing: RenderableType) -> None:
    """Print through Python's own stdout: rich would end the program itself when the reader has left."""
    from rich.console import Console

    sys.stdout.flush()  # otherwise rich does, and ends with status 1 when the reader has left
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPED_WIDTH)
    with console.capture() as drawn:
        console.print(drawing)
    sys.stdout.write(drawn.get())


def print_facts(title: str, facts: Sequence[tuple[str, str]]) -> None:
    """Print names and values on stdout, one pair a line. A terminal wraps long values between words."""
    width = max((len(name) for name, _ in facts), default=0)
    if screen_width(_PIPED_WIDTH) - width - 4 < _LEAST_VALUE_WIDTH:
        width, facts = 0, [(name, value.replace(_UNBROKEN, " ")) for name, value in facts]
    print(escape_controls(title))
    for name, value in facts:
        line = f"  {escape_controls(name):<{width}}  {escape_controls(value)}"
        shown = wrap_words(line, indent=width + 4) if sys.stdout.isatty() else line
        print(shown.replace(_UNBROKEN, " "))


def listed(items: Iterable[str]) -> str:
    """The items with commas between them. `print_facts` does not break a line within one of them."""
    return ", ".join(item.replace(" ", _UNBROKEN) for item in items)


def count(number: float) -> str:
    """1234567 -> '1,234,567'."""
    return f"{number:,.0f}"


def rounded(number: float) -> str:
    """1234567 -> '1.23M', 9876 -> '9.88k'."""
    for unit in ("", "k", "M", "G"):
        if number < 999.5:
            return f"{number:.3g}{unit}"
        number /= 1000
    return f"{number:.3g}T"


def duration(seconds: float) -> str:
    """Seconds as '42s', '3m 07s' or '2h 05m'; beyond two days as '12 days', and beyond two years as '1,500 years'.

    >>> duration(187), duration(1.5e6), duration(1e15)
    ('3m 07s', '17 days', '31,710,000 years')
    """
    whole = max(0, round(seconds))
    if whole >= 2 * _YEAR_S:
        return f"{float(f'{whole / _YEAR_S:.4g}'):,.0f} years"
    if whole >= 2 * _DAY_S:
        return f"{whole // _DAY_S} days"
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
