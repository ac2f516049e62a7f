"""Tables for other programs and for papers: CSV, Markdown, LaTeX."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from typing import Literal

TableForm = Literal["csv", "markdown", "latex"]
Rows = Sequence[Sequence[str]]

_LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def as_csv(header: Sequence[str], rows: Rows) -> str:
    """Comma-separated values, with a header."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def as_markdown(header: Sequence[str], rows: Rows) -> str:
    """A table of GitHub's Markdown; all columns but the first are aligned right."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in (header, rule, *rows)]
    return "".join(f"| {' | '.join(row)} |\n" for row in escaped)


def as_latex(header: Sequence[str], rows: Rows) -> str:
    """A `tabular` with the rules of the package booktabs."""
    lines = [" & ".join(map(_escape, row)) + r" \\" for row in (header, *rows)]
    columns = "l" + "r" * (len(header) - 1)
    body = "\n".join([r"\toprule", lines[0], r"\midrule", *lines[1:], r"\bottomrule"])
    return f"\\begin{{tabular}}{{{columns}}}\n{body}\n\\end{{tabular}}\n"


def _escape(text: str) -> str:
    return re.sub(r"[&%$#_{}~^\\]", lambda found: _LATEX.get(found[0], f"\\{found[0]}"), text)


TABLE_FORMS: dict[TableForm, Callable[[Sequence[str], Rows], str]] = {
    "csv": as_csv,
    "markdown": as_markdown,
    "latex": as_latex,
}
