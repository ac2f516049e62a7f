"""The attention of a target to its source, drawn in the terminal and as PNG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqgen.cli.shared.shortening import shortened
from seqgen.cli.shared.tokens import shown_token

if TYPE_CHECKING:
    from seqgen.sampling import Alignment

_SHADES = " ░▒▓█"
_CELL = 2
"""Characters of a column. So cells are about as wide as they are high."""
_LONGEST_LABEL, _TALLEST_HEADER = 16, 12
"""Characters of a target token beside its row, and of a source token above its column."""
_END = "∎"
"""Stands for the end-of-text token."""


def draw_alignment(alignment: Alignment, *, width: int) -> str:
    """A row for each token of the target and a column for each token of the source, darker where the weight is larger.

    `width` is that of the screen. A source that is too long for it is drawn in several blocks, one below the other.
    """
    labels = [shortened(text, _LONGEST_LABEL) for text in names(alignment.target)]
    n_indent = max(map(_width, labels), default=0) + 1
    columns = names(alignment.source)
    n_of_block = max(1, (width - n_indent) // _CELL)
    blocks = []
    for start in range(0, len(columns), n_of_block):
        block = slice(start, start + n_of_block)
        lines = [" " * n_indent + line for line in _header(columns[block])]
        for label, weights in zip(labels, alignment.weights[:, block].tolist(), strict=True):
            shades = "".join(_shade(weight) * _CELL for weight in weights)
            lines.append((label + " " * (n_indent - _width(label)) + shades).rstrip())
        if len(columns) > n_of_block:
            end = min(block.stop, len(columns))
            lines.insert(0, f"tokens {start + 1} to {end} of {len(columns)} of the source")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + f"\n{_legend()}"


def names(tokens: Sequence[str]) -> list[str]:
    """Tokens as a person reads them, the end-of-text token as a sign."""
    return [shown_token(token) if token else _END for token in tokens]


def _header(columns: Sequence[str]) -> list[str]:
    """The tokens of the source above their columns: side by side if they are short, otherwise from top to bottom."""
    if all(_width(name) <= _CELL for name in columns):
        return ["".join(name + " " * (_CELL - _width(name)) for name in columns).rstrip()]
    tall = [shortened(name, _TALLEST_HEADER) for name in columns]
    height = max(map(len, tall))
    rows = zip(*(name.rjust(height) for name in tall), strict=True)
    return ["".join(sign + " " * (_CELL - _width(sign)) for sign in row).rstrip() for row in rows]


def _legend() -> str:
    return f"{_END} end of text; shades: " + ", ".join(f"{_SHADES[n]} from {n * 2 - 1}0 %" for n in range(1, 5))


def _shade(weight: float) -> str:
    """Nothing below 10 %, then a shade for every 20 %."""
    return _SHADES[min(len(_SHADES) - 1, int((weight + 0.1) / 0.2))]


def _width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    from rich.cells import cell_len

    return cell_len(text)
