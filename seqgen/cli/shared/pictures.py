"""Curves as pictures: in the terminal, as PNG and as SVG; and tables of weights as PNG."""

from __future__ import annotations

import contextlib
import io
import logging
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqgen.cli.shared.escaping import escape_controls
from seqgen.cli.shared.render import screen_width
from seqgen.cli.shared.shortening import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TERMINAL_WIDTH, _TERMINAL_HEIGHT = 64, 12  # characters
_LEAST_WIDTH = 24
"""Characters of the narrowest picture in a terminal that shows anything."""
_AXIS_WIDTH = 16
"""Characters beside such a picture: its frame, and the numbers of its axis."""
_PNG_INCHES = (8.0, 4.8)
_PNG_DPI = 120
_CELL_INCHES, _MOST_INCHES = 0.28, 40.0
"""The side of a square of a table of weights, and the most that the longer side of the table may have."""
_DIGIT_INCHES = 0.1
"""The room of a digit in a square."""
_DARK = 0.5
"""Squares of larger weights have white digits."""
_TITLE_INCHES, _LINE_INCHES = 0.1, 0.17
"""The room of a character of the title of such a table, and of a line of it."""
_NAME_INCHES = 0.09
"""The room of a character of the name of a row or column."""
_LONGEST_NAME = 60
"""Characters of such a name. A longer one would need a picture that cannot be drawn."""

# The pictures are drawn whatever matplotlib warns of, such as a home folder that takes no cache.
logging.getLogger("matplotlib").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Curve:
    """One line of a picture, such as bits per character over steps."""

    label: str
    xs: Sequence[float]
    ys: Sequence[float]
    has_markers: bool = False
    """Whether each point is marked, as suits a few measurements."""
    is_loss: bool = True
    """Whether the curve falls steeply from x = 0. Its first points may then lie above the picture."""
    intervals: Sequence[tuple[float, float]] = ()
    """The ends of the interval of each point, drawn as a thin bar. The axis then begins at 0."""


def draw_in_terminal(curves: Sequence[Curve], title: str) -> str:
    """The curves as lines of characters; an empty string if there is nothing to draw, or no room on the terminal."""
    drawn, width = [curve for curve in curves if curve.xs], terminal_picture_width(_TERMINAL_WIDTH)
    if max((len(curve.xs) for curve in drawn), default=0) < 2 or not width:
        return ""
    from uniplot import plot_to_string

    plot = plot_to_string(
        xs=[list(curve.xs) for curve in drawn],
        ys=[list(curve.ys) for curve in drawn],
        lines=True,
        width=width,
        height=_TERMINAL_HEIGHT,
        color=False,
        title=escape_controls(title),
        legend_labels=[escape_controls(curve.label) for curve in drawn],
    )
    return "\n".join(line.rstrip() for line in plot.splitlines())


def terminal_picture_width(most: int) -> int:
    """How many characters wide a picture may be beside its axis; 0 if the terminal is too narrow for one."""
    room = screen_width(most + _AXIS_WIDTH) - _AXIS_WIDTH
    return min(most, room) if room >= _LEAST_WIDTH else 0


def draw_as_png(
    curves: Sequence[Curve],
    *,
    title: str,
    x_label: str,
    y_label: str,
    groups: Sequence[int] | None = None,
) -> bytes:
    """The curves as a PNG. `groups` has a number for each curve; curves with the same number share a colour."""
    picture = io.BytesIO()
    with plain_text():
        _figure(curves, title, x_label=x_label, y_label=y_label, groups=groups).savefig(picture, dpi=_PNG_DPI)
    return picture.getvalue()


def draw_as_svg(curves: Sequence[Curve], *, key: str, x_label: str, y_label: str) -> str:
    """The curves as an SVG element in the page's text colour; `key` keeps its ids apart from other pictures' ids."""
    from matplotlib import rc_context

    picture = io.StringIO()
    style: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": key, "font.family": "sans-serif"}
    with plain_text(), rc_context(style):
        figure = _figure(curves, "", x_label=x_label, y_label=y_label)
        figure.savefig(picture, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    _, _, element = picture.getvalue().partition("<svg")
    return "<svg" + element.replace("#000000", "currentColor")


@contextlib.contextmanager
def plain_text() -> Iterator[None]:
    """Draw every text as it is: a dollar in the name of a file begins no formula.

    A character that the font lacks is drawn as a box, without a warning for each.
    """
    from matplotlib import rc_context

    with rc_context({"text.usetex": False, "text.parse_math": False}), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def _figure(
    curves: Sequence[Curve], title: str, *, x_label: str, y_label: str, groups: Sequence[int] | None = None
) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_PNG_INCHES, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for number, curve in enumerate(curves):
        style = "o-" if curve.has_markers else "-"
        width, alpha = (1.8, 1.0) if curve.has_markers else (1.0, 0.6)
        label = escape_controls(curve.label)
        color = f"C{groups[number] if groups else number}"
        axes.plot(curve.xs, curve.ys, style, color=color, alpha=alpha, linewidth=width, markersize=4, label=label)
        if curve.intervals:
            axes.vlines(curve.xs, *zip(*curve.intervals, strict=True), color=color, alpha=0.5, linewidth=0.8)
    _limit(axes, [curve for curve in curves if len(curve.ys)])
    if any(curve.is_loss for curve in curves):
        axes.set_xlim(left=0)
    axes.set_title(escape_controls(title))
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(frameon=False, loc="best" if any(curve.intervals for curve in curves) else "upper right")
    return figure


def _limit(axes: Axes, curves: Sequence[Curve]) -> None:
    """Let the vertical axis show all points, except the steep beginning of losses; rates with intervals begin at 0."""
    top = max((_top(curve) for curve in curves), default=1.0)
    low = min((min(curve.ys) for curve in curves), default=0.0)
    if any(curve.intervals for curve in curves):
        axes.set_ylim(0, 1.05 * top or 1)
    elif top > low:
        axes.set_ylim(low - 0.05 * (top - low), top + 0.05 * (top - low))


def _top(curve: Curve) -> float:
    ends = [high for _, high in curve.intervals]
    return _settled_top(curve.ys) if curve.is_loss else max([*curve.ys, *ends])


def _settled_top(losses: Sequence[float]) -> float:
    """The highest loss after the first twentieth of a curve, in which it falls steeply."""
    return max(losses[len(losses) // 20 :])


def draw_map_as_png(
    weights: Sequence[Sequence[float]],
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    counts: Sequence[Sequence[int]] = (),
) -> bytes:
    """A table of weights from 0 to 1 as a PNG, a square for each, darker where the weight is larger.

    `counts` are written into the squares.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    picture = io.BytesIO()
    rows, columns = ([shortened(name, _LONGEST_NAME) for name in names] for names in (rows, columns))
    with plain_text():
        cell = min(_cell_inches(counts), _MOST_INCHES / max(len(rows), len(columns)))
        room = _NAME_INCHES * max(map(len, (*rows, *columns)), default=0)
        width, height = max(1.5, room + 0.6) + cell * len(columns), max(1.2, room + 0.7) + cell * len(rows)
        title = textwrap.fill(escape_controls(title), max(1, int(width / _TITLE_INCHES)))
        figure = Figure(figsize=(width, height + _LINE_INCHES * title.count("\n")), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.imshow(weights, cmap="Greys", vmin=0, vmax=1, aspect="equal")
        is_wide = any(len(name) > 2 for name in columns)
        axes.set_xticks(range(len(columns)), columns, rotation=90 if is_wide else 0)
        axes.set_yticks(range(len(rows)), rows)
        axes.xaxis.tick_top()
        _write_counts(axes, counts, weights)
        figure.suptitle(title, fontsize=10)
        figure.savefig(picture, dpi=_PNG_DPI)
    return picture.getvalue()


def _cell_inches(counts: Sequence[Sequence[int]]) -> float:
    """The side of a square in which every count has room."""
    n_digits = max((len(str(number)) for numbers in counts for number in numbers), default=0)
    return max(_CELL_INCHES, _DIGIT_INCHES * n_digits)


def _write_counts(axes: Axes, counts: Sequence[Sequence[int]], weights: Sequence[Sequence[float]]) -> None:
    for row, numbers in enumerate(counts):
        for column, number in enumerate(numbers):
            color = "white" if weights[row][column] > _DARK else "black"
            axes.text(column, row, str(number), color=color, ha="center", va="center", fontsize=8)
