"""Curves over lengths such as contexts and distances: on an axis of logarithms, in the terminal and as PNG.

Several curves are told apart without colours too: by their markers and dashes, or by the characters they consist of.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seqgen.cli.shared.pictures import plain_text
from seqgen.cli.shared.render import escape_controls

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Colours that the colour-blind can tell apart (Okabe & Ito 2008)."""
_MARKERS = "osD^vPX"
_DASHES = ("-", "--", ":")
_SIGNS = "ox+*#@%"
"""What curves consist of in the terminal."""
_PNG_INCHES, _PNG_DPI = (8.0, 4.8), 120
_LEGEND_CHARACTERS = 100
"""How many characters a line of the legend has room for."""
_TERMINAL_WIDTH, _TERMINAL_HEIGHT = 64, 12
_BOTTOM = "└"
"""What the lower edge of a plot in the terminal begins with."""


@dataclass(frozen=True, kw_only=True)
class LengthCurve:
    """One curve over lengths."""

    label: str
    lengths: Sequence[float]
    ys: Sequence[float]
    plus_minus: Sequence[float] = ()
    """Half the width of the interval of each point, drawn as a band."""
    at: float | None = None
    """A length to mark with a line down to the axis."""
    group: int = 0
    """Curves of the same group have the same colour and marker."""
    dash: int = 0
    """Curves of the same group differ in their dashes."""


@dataclass(frozen=True, kw_only=True)
class LengthAxes:
    """What the axes of a picture mean."""

    title: str
    x_label: str
    y_label: str
    level: tuple[float, str] | None = None
    """A height to draw a thin line at, and its name: chance, for instance."""
    limits: tuple[float, float] | None = None
    """Of the vertical axis; None: what the curves need."""


def draw_lengths_in_terminal(curves: Sequence[LengthCurve], title: str) -> str:
    """The curves as lines of characters, each of its own; an empty string if no curve has two points."""
    drawn = [curve for curve in curves if len(curve.lengths) > 1]
    if not drawn:
        return ""
    from uniplot import plot_to_string

    powers = [[math.log2(length) for length in curve.lengths] for curve in drawn]
    low, high = min(map(min, powers)), max(map(max, powers))
    plot = plot_to_string(
        xs=powers,
        ys=[list(curve.ys) for curve in drawn],
        lines=True,
        x_min=low,
        x_max=high,
        x_labels=False,
        x_gridlines=[],
        y_gridlines=[],
        width=_TERMINAL_WIDTH,
        height=_TERMINAL_HEIGHT,
        color=False,
        title=title,
        legend_labels=[escape_controls(curve.label) for curve in drawn],
        character_set="ascii",
        force_ascii_characters=[_SIGNS[number % len(_SIGNS)] for number in range(len(drawn))],
    )
    lines = [line.rstrip() for line in plot.splitlines()]
    bottom = next(number for number, line in enumerate(lines) if line.startswith(_BOTTOM))
    longest = max((curve.lengths for curve in drawn), key=len)
    return "\n".join([*lines[: bottom + 1], _ticks(longest, low, high), *lines[bottom + 1 :]])


def _ticks(lengths: Sequence[float], low: float, high: float) -> str:
    """The lengths below their places on the axis, as many as there is room for."""
    line = ""
    for length in lengths:
        name = f"{length:,.0f}"
        place = 1 + round((math.log2(length) - low) / (high - low) * (_TERMINAL_WIDTH - 1))
        place = min(place, _TERMINAL_WIDTH + 1 - len(name))
        if not line or place > len(line) + 1:
            line = line.ljust(place) + name
    return line


def draw_lengths_as_png(curves: Sequence[LengthCurve], axes: LengthAxes) -> bytes:
    """The curves as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    picture = io.BytesIO()
    with plain_text():
        figure = Figure(figsize=_PNG_INCHES, layout="constrained")
        FigureCanvasAgg(figure)
        drawing = figure.add_subplot()
        drawing.set_xscale("log", base=2)
        for curve in curves:
            _draw(drawing, replace(curve, label=escape_controls(curve.label)))
        _finish(drawing, axes, curves)
        handles, labels = drawing.get_legend_handles_labels()
        columns = max(1, min(len(labels), _LEGEND_CHARACTERS // (max(map(len, labels)) + 6)))
        figure.legend(handles, labels, loc="outside lower center", frameon=False, ncols=columns)
        figure.savefig(picture, dpi=_PNG_DPI)
    return picture.getvalue()


def _draw(drawing: Axes, curve: LengthCurve) -> None:
    color, marker = _COLORS[curve.group % len(_COLORS)], _MARKERS[curve.group % len(_MARKERS)]
    dashes = _DASHES[curve.dash % len(_DASHES)]
    drawing.plot(
        curve.lengths, curve.ys, dashes, marker=marker, color=color, markersize=5, linewidth=1.6, label=curve.label
    )
    if curve.plus_minus:
        low, high = (
            [y + sign * width for y, width in zip(curve.ys, curve.plus_minus, strict=True)] for sign in (-1, 1)
        )
        drawing.fill_between(curve.lengths, low, high, color=color, alpha=0.15, linewidth=0)
    if curve.at is not None:
        drawing.axvline(curve.at, color=color, linestyle=(0, (1, 2)), linewidth=1.2)


def _finish(drawing: Axes, axes: LengthAxes, curves: Sequence[LengthCurve]) -> None:
    from matplotlib.ticker import FuncFormatter, NullLocator

    if axes.level is not None:
        height, name = axes.level
        drawing.axhline(height, color="0.45", linestyle=(0, (6, 3)), linewidth=1.0, label=name)
    if axes.limits is not None:
        drawing.set_ylim(*axes.limits)
    longest = max((curve.lengths for curve in curves), key=len)
    drawing.set_xticks(list(longest))
    drawing.xaxis.set_major_formatter(FuncFormatter(lambda length, _: f"{length:,.0f}"))
    drawing.xaxis.set_minor_locator(NullLocator())
    drawing.set_title(escape_controls(axes.title))
    drawing.set_xlabel(axes.x_label)
    drawing.set_ylabel(axes.y_label)
    drawing.spines[["top", "right"]].set_visible(False)
    drawing.grid(axis="y", alpha=0.3)
