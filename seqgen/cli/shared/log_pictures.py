"""Curves over a logarithmic axis: several in one terminal plot, told apart by letters; side by side as PNG."""

from __future__ import annotations

import io
import math
import re
import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from seqgen.cli.shared.pictures import plain_text
from seqgen.cli.shared.render import escape_controls

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LETTERS = string.ascii_lowercase
"""What marks the first, the second and every further curve in a terminal."""
LOWEST, HIGHEST = 1e-12, 1e12
"""The most that a picture shows. A curve that goes on beyond this leaves the picture."""
_TERMINAL_WIDTH, _TERMINAL_HEIGHT = 64, 14  # characters
_PNG_DPI = 120
_PANEL_INCHES, _HEIGHT_INCHES, _LEGEND_INCHES = 5.6, 4.2, 0.2
"""The width of a panel, the height of the panels, and the room of each line of the legend below them."""
_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
"""Those of Okabe & Ito (2008), which people who are colour-blind can tell apart."""
_MARKERS = "os^Dv*X"
_DASHES: dict[str, Literal["-", "--", ":"]] = {"solid": "-", "dashed": "--", "dotted": ":"}


@dataclass(frozen=True, kw_only=True)
class LogCurve:
    """One line of a picture with a logarithmic vertical axis."""

    label: str
    xs: Sequence[float]
    ys: Sequence[float]
    """Above 0. Other values are left out."""
    group: int = 0
    """Curves of one group share colour and marker."""
    style: Literal["solid", "dashed", "dotted"] = "solid"
    is_hollow: bool = False
    """Whether its markers are hollow."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """The curves of one pair of axes."""

    title: str
    x_label: str
    y_label: str
    curves: Sequence[LogCurve]


def draw_log_in_terminal(curves: Sequence[LogCurve], title: str) -> str:
    """The curves as lines of letters, a for the first; an empty string if there is nothing to draw."""
    drawn = [(letter, list(_positive(curve))) for letter, curve in zip(LETTERS, curves, strict=False)]
    drawn = [(letter, points) for letter, points in drawn if len(points) > 1]
    if not drawn:
        return ""
    from uniplot import plot_to_string

    low, high = limits([y for _, points in drawn for _, y in points])
    plot = plot_to_string(
        xs=[[x for x, _ in points] for _, points in drawn],
        ys=[[y for _, y in points] for _, points in drawn],
        lines=True,
        y_as_log=True,
        y_min=low,
        y_max=high,
        width=_TERMINAL_WIDTH,
        height=_TERMINAL_HEIGHT,
        color=False,
        character_set="ascii",
        force_ascii_characters=[letter for letter, _ in drawn],
        title=title,
    )
    return "\n".join(line.rstrip() for line in plot.splitlines())


def draw_log_as_png(panels: Sequence[Panel], *, title: str) -> bytes:
    """The panels side by side as a PNG, with one legend below them."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    picture = io.BytesIO()
    with plain_text():
        height = _HEIGHT_INCHES + _LEGEND_INCHES * max(len(panel.curves) for panel in panels)
        figure = Figure(figsize=(_PANEL_INCHES * len(panels), height), layout="constrained")
        FigureCanvasAgg(figure)
        for number, panel in enumerate(panels, start=1):
            _draw(figure.add_subplot(1, len(panels), number), panel)
        figure.suptitle(escape_controls(title))
        figure.savefig(picture, dpi=_PNG_DPI)
    return picture.getvalue()


def limits(ys: Iterable[float]) -> tuple[float, float]:
    """The ends of an axis that shows these values, as far as it shows any."""
    ys = list(ys)
    low = max(LOWEST, min(ys, default=LOWEST))
    high = min(HIGHEST, max(ys, default=HIGHEST))
    return (low / 2, high * 2) if low <= high else (LOWEST, HIGHEST)


def short_power(value: float) -> str:
    """1e-08 -> '1e-8', 2e+17 -> '2e17'."""
    return re.sub(r"e([+-])0*(\d)", lambda found: "e" + found[1].replace("+", "") + found[2], f"{value:.0e}")


def _draw(axes: Axes, panel: Panel) -> None:
    for curve in panel.curves:
        points = list(_positive(curve))
        if not points:
            continue
        axes.plot(
            [x for x, _ in points],
            [y for _, y in points],
            linestyle=_DASHES[curve.style],
            color=_COLORS[curve.group % len(_COLORS)],
            marker=_MARKERS[curve.group % len(_MARKERS)],
            markersize=4,
            markevery=max(1, len(points) // 8),
            markerfacecolor="white" if curve.is_hollow else None,
            linewidth=1.6,
            label=escape_controls(curve.label),
        )
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda value, _: short_power(value))
    axes.set_ylim(*limits(y for curve in panel.curves for _, y in _positive(curve)))
    axes.set_title(panel.title, fontsize=11)
    axes.set_xlabel(panel.x_label)
    axes.set_ylabel(panel.y_label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.14), fontsize=8)


def _positive(curve: LogCurve) -> Iterator[tuple[float, float]]:
    """The points that a logarithmic axis has a place for."""
    return ((x, y) for x, y in zip(curve.xs, curve.ys, strict=True) if y > 0 and math.isfinite(y))
