"""Curves over lengths such as contexts, distances and lags: on axes of logarithms, in the terminal and as PNG.

Several curves are told apart without colours too: by their markers and dashes, or by the letters they consist of.
"""

from __future__ import annotations

import io
import math
import string
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from seqgen.cli.shared.escaping import escape_controls
from seqgen.cli.shared.pictures import plain_text, terminal_picture_width
from seqgen.cli.shared.powers import limits_of_powers, short_power

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LETTERS = string.ascii_letters
"""What the first, the second and every further curve consists of in the terminal."""
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Colours that the colour-blind can tell apart (Okabe & Ito 2008)."""
_MARKERS = "os^DvPX"
_MOST_MARKERS = 16
"""Of one curve. Of more points, only some have a marker."""
_DASHES = ("-", "--", ":")
_HEIGHT_INCHES, _ONE_INCHES, _MANY_INCHES, _DPI = 4.4, 8.0, 5.6, 120
"""The height of a picture above its legend; the width of a panel by itself, and beside others."""
_ROW_INCHES, _LEGEND_CHARACTERS, _SAMPLE_CHARACTERS = 0.2, 14, 8
"""The room of a row of the legend, how many characters have room on an inch of it, and on the sample of a curve."""
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
    is_hollow: bool = False
    """Whether its markers are hollow."""


@dataclass(frozen=True, kw_only=True)
class LengthAxes:
    """What the axes of a picture mean."""

    title: str
    x_label: str = ""
    y_label: str = ""
    is_even: bool = False
    """Whether the lengths lie evenly on their axis. Otherwise each doubling of the length is one step."""
    has_powers: bool = False
    """Whether the vertical axis has powers of ten. It has no place for what is not above 0."""
    level: tuple[float, str] | None = None
    """A height to draw a thin line at, and its name: chance, for instance."""
    limits: tuple[float, float] | None = None
    """Of the vertical axis; None: what the curves need."""


def draw_lengths_in_terminal(
    curves: Sequence[LengthCurve],
    title: str,
    *,
    is_even: bool = False,
    has_powers: bool = False,
    has_legend: bool = True,
) -> str:
    """The curves as lines of letters, a for the first; an empty string if no curve has two points.

    The axes are those of `LengthAxes`. Without a legend, a table below has to name the letters.
    """
    placed = (_placed(curve, has_powers=has_powers) for curve in curves)
    drawn = {letter: curve for letter, curve in zip(LETTERS, placed, strict=False) if len(curve.lengths) > 1}
    width = terminal_picture_width(_TERMINAL_WIDTH)
    if not drawn or not width:
        return ""
    from uniplot import plot_to_string

    shown = list(drawn.values())
    plot = plot_to_string(
        xs=[[length if is_even else math.log2(length) for length in curve.lengths] for curve in shown],
        ys=[list(curve.ys) for curve in shown],
        lines=True,
        width=width,
        height=_TERMINAL_HEIGHT,
        color=False,
        title=escape_controls(title),
        legend_labels=[escape_controls(curve.label) for curve in shown] if has_legend else None,
        character_set="ascii",
        force_ascii_characters=list(drawn),
        **({} if is_even else _doubling(shown)),
        **(_powers(shown) if has_powers else {}),
    )
    lines = [line.rstrip() for line in plot.splitlines()]
    return "\n".join(lines if is_even else _with_ticks(lines, shown, width=width))


def _doubling(curves: Sequence[LengthCurve]) -> dict[str, Any]:
    """How uniplot draws an axis of doublings, which gets its labels from `_with_ticks`."""
    low, high = _ends(curves)
    return {"x_min": low, "x_max": high, "x_labels": False, "x_gridlines": [], "y_gridlines": []}


def _powers(curves: Sequence[LengthCurve]) -> dict[str, Any]:
    """How uniplot draws an axis of powers of ten."""
    low, high = limits_of_powers(y for curve in curves for y in curve.ys)
    return {"y_as_log": True, "y_min": low, "y_max": high}


def _ends(curves: Sequence[LengthCurve]) -> tuple[float, float]:
    """The logarithms of the shortest and of the longest length."""
    lengths = [length for curve in curves for length in curve.lengths]
    return math.log2(min(lengths)), math.log2(max(lengths))


def _with_ticks(lines: Sequence[str], curves: Sequence[LengthCurve], *, width: int) -> list[str]:
    """A plot with the lengths below their places on the axis, as many as there is room for; the last always."""
    low, high = _ends(curves)
    longest = max((curve.lengths for curve in curves), key=len)
    placed = []
    for length in longest:
        name = f"{length:,.0f}"
        place = 1 + round((math.log2(length) - low) / (high - low) * (width - 1))
        placed.append((min(place, width + 1 - len(name)), name))
    ticks, (end, last) = "", placed[-1]
    for place, name in placed[:-1]:
        if (not ticks or place > len(ticks) + 1) and place + len(name) < end:
            ticks = ticks.ljust(place) + name
    bottom = next(number for number, line in enumerate(lines) if line.startswith(_BOTTOM))
    return [*lines[: bottom + 1], ticks.ljust(end) + last, *lines[bottom + 1 :]]


def draw_lengths_as_png(curves: Sequence[LengthCurve], axes: LengthAxes) -> bytes:
    """The curves as a PNG."""
    return draw_panels_as_png([(curves, axes)])


def draw_panels_as_png(panels: Sequence[tuple[Sequence[LengthCurve], LengthAxes]], title: str = "") -> bytes:
    """Several pictures side by side as a PNG, each with a legend below it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    picture = io.BytesIO()
    width = _ONE_INCHES if len(panels) == 1 else _MANY_INCHES
    n_rows = 0
    with plain_text():
        figure = Figure(layout="constrained")
        FigureCanvasAgg(figure)
        for number, (curves, axes) in enumerate(panels, start=1):
            drawing = figure.add_subplot(1, len(panels), number)
            placed = [_placed(curve, has_powers=axes.has_powers) for curve in curves]
            _draw(drawing, [curve for curve in placed if curve.ys], axes)
            n_rows = max(n_rows, _add_legend(drawing, width))
        figure.set_size_inches(width * len(panels), _HEIGHT_INCHES + _ROW_INCHES * n_rows)
        if title:
            figure.suptitle(escape_controls(title))
        figure.savefig(picture, dpi=_DPI)
    return picture.getvalue()


def _add_legend(drawing: Axes, width: float) -> int:
    """Draw a legend below the axes, where it covers no data. Returns how many rows it has."""
    handles, labels = drawing.get_legend_handles_labels()
    longest = _SAMPLE_CHARACTERS + max(map(len, labels), default=0)
    n_columns = max(1, min(len(labels), int(width * _LEGEND_CHARACTERS / longest)))
    drawing.legend(
        handles,
        labels,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.14),
        frameon=False,
        fontsize="small",
        ncols=n_columns,
    )
    return -(-len(labels) // n_columns)


def _draw_curve(drawing: Axes, curve: LengthCurve) -> None:
    color = _COLORS[curve.group % len(_COLORS)]
    drawing.plot(
        curve.lengths,
        curve.ys,
        _DASHES[curve.dash % len(_DASHES)],
        marker=_MARKERS[curve.group % len(_MARKERS)],
        color=color,
        markersize=4.5,
        markevery=-(-len(curve.ys) // _MOST_MARKERS),
        markerfacecolor="white" if curve.is_hollow else None,
        linewidth=1.6,
        label=escape_controls(curve.label),
    )
    if curve.plus_minus:
        low, high = (
            [y + sign * width for y, width in zip(curve.ys, curve.plus_minus, strict=True)] for sign in (-1, 1)
        )
        drawing.fill_between(curve.lengths, low, high, color=color, alpha=0.15, linewidth=0)
    if curve.at is not None:
        drawing.axvline(curve.at, color=color, linestyle=(0, (1, 2)), linewidth=1.2)


def _placed(curve: LengthCurve, *, has_powers: bool) -> LengthCurve:
    """The curve without the points that an axis of powers has no place for."""
    if not has_powers:
        return curve
    points = [(x, y) for x, y in zip(curve.lengths, curve.ys, strict=True) if y > 0 and math.isfinite(y)]
    return replace(curve, lengths=[x for x, _ in points], ys=[y for _, y in points])


def _draw(drawing: Axes, curves: Sequence[LengthCurve], axes: LengthAxes) -> None:
    from matplotlib.ticker import FuncFormatter, NullLocator

    for curve in curves:
        _draw_curve(drawing, curve)
    if axes.level is not None:
        height, name = axes.level
        drawing.axhline(height, color="0.45", linestyle=(0, (6, 3)), linewidth=1.0, label=name)
    if curves and not axes.is_even:
        longest = max((curve.lengths for curve in curves), key=len)
        drawing.set_xscale("log", base=2)
        drawing.set_xticks(list(longest))
        drawing.xaxis.set_major_formatter(FuncFormatter(lambda length, _: f"{length:,.0f}"))
        drawing.xaxis.set_minor_locator(NullLocator())
    if axes.has_powers:
        drawing.set_yscale("log")
        drawing.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short_power(value)))
        drawing.set_ylim(*limits_of_powers(y for curve in curves for y in curve.ys))
    if axes.limits is not None:
        drawing.set_ylim(*axes.limits)
    drawing.set_title(escape_controls(axes.title))
    drawing.set_xlabel(axes.x_label)
    drawing.set_ylabel(axes.y_label)
    drawing.spines[["top", "right"]].set_visible(False)
    drawing.grid(axis="y", alpha=0.3)
