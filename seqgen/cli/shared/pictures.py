"""Curves as pictures: in the terminal, as PNG and as SVG; and tables of weights as PNG."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqgen.cli.shared.render import escape_controls

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TERMINAL_WIDTH, _TERMINAL_HEIGHT = 64, 12  # characters
_PNG_INCHES = (8.0, 4.8)
_PNG_DPI = 120
_CELL_INCHES, _MOST_INCHES = 0.28, 40.0
"""The side of a square of a table of weights, and the most that the longer side of the table may have."""


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


def draw_in_terminal(curves: Sequence[Curve], title: str) -> str:
    """The curves as lines of characters; an empty string if there is nothing to draw."""
    drawn = [curve for curve in curves if curve.xs]
    if max((len(curve.xs) for curve in drawn), default=0) < 2:
        return ""
    from uniplot import plot_to_string

    plot = plot_to_string(
        xs=[list(curve.xs) for curve in drawn],
        ys=[list(curve.ys) for curve in drawn],
        lines=True,
        width=_TERMINAL_WIDTH,
        height=_TERMINAL_HEIGHT,
        color=False,
        title=title,
        legend_labels=[curve.label for curve in drawn],
    )
    return "\n".join(line.rstrip() for line in plot.splitlines())


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
    with _plain_text():
        _figure(curves, title, x_label=x_label, y_label=y_label, groups=groups).savefig(picture, dpi=_PNG_DPI)
    return picture.getvalue()


def draw_as_svg(curves: Sequence[Curve], *, key: str, x_label: str, y_label: str) -> str:
    """The curves as an SVG element in the page's text colour; `key` keeps its ids apart from other pictures' ids."""
    from matplotlib import rc_context

    picture = io.StringIO()
    style: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": key, "font.family": "sans-serif"}
    with _plain_text(), rc_context(style):
        figure = _figure(curves, "", x_label=x_label, y_label=y_label)
        figure.savefig(picture, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    _, _, element = picture.getvalue().partition("<svg")
    return "<svg" + element.replace("#000000", "currentColor")


@contextlib.contextmanager
def _plain_text() -> Iterator[None]:
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
    drawn = [curve for curve in curves if len(curve.ys)]
    top = max((_settled_top(curve.ys) if curve.is_loss else max(curve.ys) for curve in drawn), default=1.0)
    low = min((min(curve.ys) for curve in drawn), default=0.0)
    if top > low:
        axes.set_ylim(low - 0.05 * (top - low), top + 0.05 * (top - low))
    if any(curve.is_loss for curve in curves):
        axes.set_xlim(left=0)
    axes.set_title(escape_controls(title))
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(frameon=False, loc="upper right")
    return figure


def _settled_top(losses: Sequence[float]) -> float:
    """The highest loss after the first twentieth of a curve, in which it falls steeply."""
    return max(losses[len(losses) // 20 :])


def draw_map_as_png(
    weights: Sequence[Sequence[float]], *, rows: Sequence[str], columns: Sequence[str], title: str
) -> bytes:
    """A table of weights from 0 to 1 as a PNG, a square for each, darker where the weight is larger."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    picture = io.BytesIO()
    with _plain_text():
        cell = min(_CELL_INCHES, _MOST_INCHES / max(len(rows), len(columns)))
        figure = Figure(figsize=(1.5 + cell * len(columns), 1.2 + cell * len(rows)), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.imshow(weights, cmap="Greys", vmin=0, vmax=1, aspect="equal")
        is_wide = any(len(name) > 2 for name in columns)
        axes.set_xticks(range(len(columns)), list(map(escape_controls, columns)), rotation=90 if is_wide else 0)
        axes.set_yticks(range(len(rows)), list(map(escape_controls, rows)))
        axes.xaxis.tick_top()
        axes.set_title(escape_controls(title))
        figure.savefig(picture, dpi=_PNG_DPI)
    return picture.getvalue()
