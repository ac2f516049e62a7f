"""A ball's path as one picture: what a model expects after one position, after two, after all; and its errors."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from seqgen.cli.shared.escaping import escape_controls
from seqgen.cli.shared.pictures import plain_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

    from seqgen.inspection.ball.report import BallReport, Guesses

_BLUE, _ORANGE, _GREEN = "#0072B2", "#D55E00", "#009E73"
"""Colours that the colour-blind can tell apart (Okabe & Ito 2008)."""
_INCHES, _DPI = (11.0, 6.6), 120


def draw_ball_as_png(report: BallReport) -> bytes:
    """Grids above, curves over the number of positions below."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    picture = io.BytesIO()
    with plain_text():
        figure = Figure(figsize=_INCHES, layout="constrained")
        FigureCanvasAgg(figure)
        halves: Any = figure.subfigures(2, 1, height_ratios=(1, 1.15))
        above, below = halves
        grids = above.subplots(1, len(report.path.expected), squeeze=False)[0]
        images = [_draw_grid(axes, report, n_seen) for axes, n_seen in zip(grids, report.path.expected, strict=True)]
        above.colorbar(images[-1], ax=grids.tolist(), label="expected there", shrink=0.8)
        handles, labels = grids[-1].get_legend_handles_labels()
        above.legend(handles, labels, loc="outside lower center", frameon=False, ncols=len(labels), fontsize=9)
        distances, nats = below.subplots(1, 2)
        _draw_curves(distances, report, lambda guesses: guesses.off_by, label="off by (cells)")
        _draw_curves(nats, report, lambda guesses: guesses.nats, label="nats for the next position")
        distances.legend(frameon=False, fontsize=9)
        figure.suptitle(f"Where does the ball go next? {escape_controls(report.name)}, {report.n_steps:,} steps")
        figure.savefig(picture, dpi=_DPI)
    return picture.getvalue()


def _draw_grid(axes: Axes, report: BallReport, n_seen: int) -> AxesImage:
    from matplotlib.colors import PowerNorm

    box, path = report.config.box, report.path
    chances = path.expected[n_seen]
    grid = chances.reshape(box.height, box.width)
    extent = (0.0, float(box.width), 0.0, float(box.height))
    image = axes.imshow(grid, cmap="Greys", norm=PowerNorm(0.5, 0, 1), origin="lower", extent=extent)
    points = box.points()
    *before, following = path.cells
    axes.plot(*path.line.T, color=_BLUE, linewidth=1.0, alpha=0.6, label="the flight")
    axes.plot(*points[before[-n_seen:]].T, "o", color=_BLUE, markersize=5, label="seen")
    axes.plot(*points[following], "X", color=_ORANGE, markersize=9, markeredgecolor="white", label="next")
    axes.plot(
        *(chances @ points),
        "D",
        color=_GREEN,
        markersize=9,
        markerfacecolor="none",
        markeredgewidth=2.0,
        label="mean of the prediction",
    )
    axes.set_xticks(range(box.width + 1), [])
    axes.set_yticks(range(box.height + 1), [])
    axes.tick_params(length=0)
    axes.grid(color="0.9", linewidth=0.5)
    axes.set_axisbelow(False)
    whole = len(before) == n_seen
    axes.set_title(f"from {'all ' if whole else ''}{n_seen} position{'s' if n_seen > 1 else ''}", fontsize=11)
    return image


def _draw_curves(axes: Axes, report: BallReport, number_of: Callable[[Guesses], float], *, label: str) -> None:
    """The model and the best guess, over the number of positions."""
    from matplotlib.ticker import NullLocator

    lengths = list(report.by_model)
    axes.set_xscale("log", base=2)
    model, best = ([number_of(by[n]) for n in lengths] for by in (report.by_model, report.by_best))
    axes.plot(lengths, model, "o-", color=_BLUE, label=escape_controls(report.name))
    axes.plot(lengths, best, "s--", color=_ORANGE, label="at best")
    axes.set_xticks(lengths, [f"{n_seen}" for n_seen in lengths])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_ylim(bottom=0)
    axes.set_xlabel("positions seen")
    axes.set_ylabel(label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
