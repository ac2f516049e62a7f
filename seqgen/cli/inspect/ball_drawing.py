"""A ball's path in the terminal: the grid as characters, once for each number of positions that the model has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqgen.cli.shared.render import screen_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seqgen.inspection.ball.report import BallReport, Path

_SHADES = ((0.6, "█"), (0.3, "▓"), (0.1, "▒"), (0.02, "░"))
"""How likely a cell must be for each shade."""
_SEEN, _NEXT = "o", "X"
_WIDTH = 80
"""Characters of a line where there is no terminal."""
LEGEND = f"{_SEEN} seen, {_NEXT} the next position; expected there: " + ", ".join(
    f"{shade} {least:.0%} or more" for least, shade in _SHADES[::-1]
)


def draw_ball_in_terminal(report: BallReport) -> str:
    """The grids side by side, each cell two characters wide: how likely it is, and what was there.

    A narrow terminal has no room for the first of them; an empty string if it has none for the last.
    """
    box, path = report.config.box, report.path
    width = 2 * box.width
    n_fitting = (screen_width(_WIDTH) - 1) // (width + 1)
    shown = list(path.expected)[-n_fitting:] if n_fitting else []
    titles = [f"from {n_seen}" if n_seen < len(path.cells) - 1 else f"from all {n_seen}" for n_seen in shown]
    if not titles:
        return ""
    edge = ["─" * width] * len(titles)
    lines = [" " + " ".join(title.ljust(width) for title in titles).rstrip(), f"┌{'┬'.join(edge)}┐"]
    for row in reversed(range(box.height)):  # the highest row first
        tokens = range(row * box.width, (row + 1) * box.width)
        grids = ["".join(_cell(path, n_seen, token) for token in tokens) for n_seen in shown]
        lines.append(f"│{'│'.join(grids)}│")
    return "\n".join([*lines, f"└{'┴'.join(edge)}┘"])


def _cell(path: Path, n_seen: int, token: int) -> str:
    *before, following = path.cells
    shade = shade_of(float(path.expected[n_seen][token]))
    if token == following:
        return shade + _NEXT
    return shade + (_SEEN if _is_seen(before, n_seen, token) else shade)


def _is_seen(before: Sequence[int], n_seen: int, token: int) -> bool:
    return token in before[-n_seen:]


def shade_of(chance: float) -> str:
    """The character for a cell that is expected so surely; a blank below 2 %."""
    return next((shade for least, shade in _SHADES if chance >= least), " ")
