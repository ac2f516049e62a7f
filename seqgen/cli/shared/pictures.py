"""Pictures of how trainings went: in the terminal and as PNG."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from seqgen.run import History

X = Literal["step", "elapsed_s"]

_MOST_POINTS = 200
_WIDTH, _HEIGHT = 64, 12  # characters
_PNG_INCHES = (8.0, 4.8)
_PNG_DPI = 120


@dataclass(frozen=True)
class Curve:
    """Points of one line, as nats per token over steps."""

    label: str
    xs: Sequence[float]
    ys: Sequence[float]
    is_scored: bool = False
    """Whether these are validations: few points, drawn as such."""
    is_loss: bool = True
    """Whether it falls from a height at 0 that need not be seen."""


def training_curve(history: History, x: X = "step", label: str = "training") -> Curve:
    """The loss of the steps, averaged over neighbours."""
    steps = history.steps
    size = max(1, -(-len(steps) // _MOST_POINTS))
    groups = [steps[start : start + size] for start in range(0, len(steps), size)]
    losses = [sum(step.loss_nats for step in group) / len(group) for group in groups]
    return Curve(label, [getattr(group[-1], x) for group in groups], losses)


def validation_curve(history: History, x: X = "step", label: str = "validation") -> Curve:
    """The score of the validations."""
    scored = [report for report in history.validations if math.isfinite(report.nats_per_token)]
    xs, ys = [getattr(report, x) for report in scored], [report.nats_per_token for report in scored]
    return Curve(label, xs, ys, is_scored=True)


def draw_in_terminal(curves: Sequence[Curve], title: str) -> str:
    """The curves as lines of characters; empty where there is nothing to draw."""
    drawn = [curve for curve in curves if curve.xs]
    if max((len(curve.xs) for curve in drawn), default=0) < 2:
        return ""
    from uniplot import plot_to_string

    plot = plot_to_string(
        xs=[list(curve.xs) for curve in drawn],
        ys=[list(curve.ys) for curve in drawn],
        lines=True,
        width=_WIDTH,
        height=_HEIGHT,
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
    y_label: str = "nats per token",
    groups: Sequence[int] | None = None,
) -> bytes:
    """The curves as a picture; those of one group share a colour, and without groups each has its own."""
    picture = io.BytesIO()
    _figure(curves, title, x_label, y_label, groups).savefig(picture, dpi=_PNG_DPI)
    return picture.getvalue()


def draw_as_svg(curves: Sequence[Curve], *, key: str, x_label: str, y_label: str = "nats per token") -> str:
    """The curves as an element of a page, in the colour of its ink; `key` sets it apart from others on the page."""
    from matplotlib import rc_context

    picture = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": key, "font.family": "sans-serif"}):
        figure = _figure(curves, "", x_label, y_label, None)
        figure.savefig(picture, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    _, _, element = picture.getvalue().partition("<svg")
    return "<svg" + element.replace("#000000", "currentColor")


def _figure(curves: Sequence[Curve], title: str, x_label: str, y_label: str, groups: Sequence[int] | None) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_PNG_INCHES, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for number, curve in enumerate(curves):
        style = "o-" if curve.is_scored else "-"
        width, alpha = (1.8, 1.0) if curve.is_scored else (1.0, 0.6)
        colour = f"C{(groups or range(len(curves)))[number]}"
        axes.plot(
            curve.xs, curve.ys, style, color=colour, alpha=alpha, linewidth=width, markersize=4, label=curve.label
        )
    top = max(
        (_settled(curve.ys) if curve.is_loss else max(curve.ys) for curve in curves if len(curve.ys)), default=1.0
    )
    low = min((min(curve.ys) for curve in curves if len(curve.ys)), default=0.0)
    if top > low:
        axes.set_ylim(low - 0.05 * (top - low), top + 0.05 * (top - low))
    if any(curve.is_loss for curve in curves):
        axes.set_xlim(left=0)
    axes.set_title(title)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(frameon=False)
    return figure


def picture_run(folder: Path) -> Path:
    """Draw a run's curve into its folder.

    Raises:
        RunError: it cannot be written.
    """
    from seqgen.run import read_history, save_curve

    history = read_history(folder)
    curves = [training_curve(history), validation_curve(history)]
    return save_curve(folder, draw_as_png(curves, title=folder.name, x_label="step"))


def _settled(losses: Sequence[float]) -> float:
    """The highest loss after the first twentieth, where a curve is all fall."""
    return max(losses[len(losses) // 20 :])
