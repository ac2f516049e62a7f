"""A passage shaded by what a unit shows after each token: in colours, or where there are none with bars below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, final

from seqgen.cli.shared.escaping import escape_controls

if TYPE_CHECKING:
    from rich.color import ColorSystem

_BACKGROUNDS = (75, 111, 153, 195, None, 230, 222, 215, 208)
"""Colours of the levels from -4 to 4 among 256: blue below the mean, orange above it. The text on them is black."""
_FEW = ("white on blue", "white on blue", "blue", "", "", "", "yellow", "black on yellow", "black on yellow")
"""The same in 16 colours."""
_BARS = "▁▂▂▃▄▅▆▇█"
"""The same without colours."""
_LOWEST = -4
_VISIBLE = str.maketrans({"\n": "⏎", "\t": "⇥"})
_END = "∎"
_ENDS = ("⏎", _END)


def visible(piece: str, end: str) -> str:
    """A token in a passage: what ends lines and documents as a sign. `end` stands for the end-of-text token.

    >>> visible("a\\n", end="E"), visible("E", end="E")
    ('a⏎', '∎')
    """
    return _END if piece == end else escape_controls(piece.translate(_VISIBLE))


@final
class UnitShading:
    """Paints passages for a terminal in the colours that it has."""

    def __init__(self, system: ColorSystem | None) -> None:
        from rich.color import ColorSystem
        from rich.style import Style

        self._system = system
        many = ["" if color is None else f"black on color({color})" for color in _BACKGROUNDS]
        self._styles = [Style.parse(name) for name in (_FEW if system == ColorSystem.STANDARD else many)]

    @classmethod
    def of_terminal(cls) -> UnitShading:
        """The shading that standard output can show."""
        from seqgen.cli.shared.shading import color_system

        return cls(color_system())

    def lines(self, pieces: Sequence[str], levels: Sequence[int], *, width: int) -> Iterator[str]:
        """The lines of a passage. Without colours, a line of bars stands below each line of text."""
        from rich.cells import cell_len

        for row in _rows(pieces, levels, width=width):
            if self._system is None:
                yield "".join(piece for piece, _ in row)
                yield "".join(_BARS[level - _LOWEST] * cell_len(piece) for piece, level in row)
            else:
                yield "".join(
                    self._styles[level - _LOWEST].render(piece, color_system=self._system) for piece, level in row
                )

    def legend(self) -> str:
        """What the colours or the bars mean."""
        if self._system is None:
            return "bars: ▁ the unit is low, ▄ at its mean, █ high"
        low, high = (
            style.render(name, color_system=self._system)
            for style, name in ((self._styles[0], "low"), (self._styles[-1], "high"))
        )
        return f"colours: {low} below the mean of the unit, {high} above it"


def _rows(pieces: Sequence[str], levels: Sequence[int], *, width: int) -> Iterator[list[tuple[str, int]]]:
    """Tokens with their levels, line by line: a line ends where the text has a line end, or between words if full."""
    from rich.cells import cell_len

    row: list[tuple[str, int]] = []
    n_cells = 0
    for piece, level in zip(pieces, levels, strict=True):
        ends_line = bool(row) and row[-1][0].endswith(_ENDS) and not piece.startswith(_ENDS)  # blank lines take no row
        if row and (ends_line or n_cells + cell_len(piece) > width):
            end = len(row) if ends_line else _end_of_words(row)
            yield row[:end]
            row = row[end:]
            n_cells = sum(cell_len(kept) for kept, _ in row)
        row.append((piece, level))
        n_cells += cell_len(piece)
    yield row


def _end_of_words(row: Sequence[tuple[str, int]]) -> int:
    """How many tokens of a full line end with its last blank; all of them if there is none."""
    return next((number for number in range(len(row), 0, -1) if row[number - 1][0].endswith(" ")), len(row))
