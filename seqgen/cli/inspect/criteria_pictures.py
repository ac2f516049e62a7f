"""The criteria as one picture of four panels: bits by length, bits lost by order, letters by place, parameters."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from seqgen.cli.shared.escaping import escape_controls
from seqgen.cli.shared.pictures import plain_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from seqgen.inspection.criteria import Criteria
    from seqgen.inspection.model_criteria import ModelCriteria

_COLORS = ("#0072B2", "#D55E00", "#009E73")
"""Colours that the colour-blind can tell apart (Okabe & Ito 2008)."""
_MARKERS = "osD"
_DASHES: tuple[Literal["-", "--", ":"], ...] = ("-", "--", ":")
_INCHES, _DPI = (9.6, 7.2), 120
_MARKER_SIZES = (8.0, 5.5, 3.5)
"""The first is the largest, so that it shows where others lie on it."""
_MOST_TICKS = 8


@dataclass(frozen=True, kw_only=True)
class _Panel:
    """One pair of axes with a curve for each model."""

    title: str
    x_label: str
    y_label: str
    xs: Sequence[int]
    ys: Sequence[Sequence[float]]
    plus_minus: Sequence[Sequence[float]] = ()
    level: float | None = None
    """A height to draw a thin line at: chance."""
    doubles: bool = True
    """Whether each x is twice the one before, so that the axis is logarithmic."""
    has_log_y: bool = False


def draw_criteria(criteria: Criteria) -> bytes:
    """The four panels as a PNG. The three models have the same colours, markers and dashes in all of them."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    picture = io.BytesIO()
    with plain_text():
        figure = Figure(figsize=_INCHES, layout="constrained")
        FigureCanvasAgg(figure)
        for axes, panel in zip(figure.subplots(2, 2).flat, _panels(criteria), strict=True):
            _draw(axes, panel)
        names = [escape_controls(model.name) for model in criteria.models]
        handles = figure.axes[0].get_lines()[: len(names)]
        figure.legend(handles, names, loc="outside lower center", frameon=False, ncols=len(names))
        figure.suptitle(escape_controls(f"four criteria on {criteria.memory.text}"))
        figure.savefig(picture, dpi=_DPI)
    return picture.getvalue()


def _panels(criteria: Criteria) -> list[_Panel]:
    from seqgen.inspection.model_criteria import WINDOW
    from seqgen.inspection.places import N_LETTERS

    models, unit = criteria.models, criteria.memory.unit
    lengths, shuffled = criteria.memory.nothing.lengths, models[0].order.shuffled
    return [
        _Panel(
            title="variable length, long-term dependencies",
            x_label="tokens given",
            y_label=f"bits per {unit}",
            xs=lengths,
            ys=[model.curve.means for model in models],
            plus_minus=[model.curve.plus_minus for model in models],
        ),
        _Panel(
            title="order",
            x_label="last tokens in random order",
            y_label=f"bits per {unit} lost",
            xs=shuffled,
            ys=[model.order.means for model in models],
            plus_minus=[model.order.plus_minus for model in models],
        ),
        _Panel(
            title="shared parameters: the letter was trained at odd places",
            x_label="place of the letter in the row",
            y_label="share of letters named (dotted: chance)",
            xs=range(1, 1 + len(models[0].right)),
            ys=[[estimate.value for estimate in model.right] for model in models],
            level=1 / N_LETTERS,
            doubles=False,
        ),
        _Panel(
            title="shared parameters: how many there are",
            x_label="tokens that can be read",
            y_label="parameters",
            xs=[length for length in lengths if length >= WINDOW],
            ys=[_parameters(model, [length for length in lengths if length >= WINDOW], WINDOW) for model in models],
            has_log_y=True,
        ),
    ]


def _parameters(model: ModelCriteria, lengths: Sequence[int], window: int) -> list[float]:
    """How many parameters a model would have that reads inputs of these lengths."""
    return [model.n_parameters + model.n_per_token * (length - window) for length in lengths]


def _draw(axes: Axes, panel: _Panel) -> None:
    from matplotlib.ticker import FuncFormatter, NullLocator

    if panel.doubles:
        axes.set_xscale("log", base=2)
    if panel.has_log_y:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
    for number, ys in enumerate(panel.ys):
        color, marker = _COLORS[number], _MARKERS[number]
        size = _MARKER_SIZES[number]
        axes.plot(panel.xs, ys, _DASHES[number], marker=marker, color=color, markersize=size, linewidth=1.5)
        if panel.plus_minus:
            pairs = list(zip(ys, panel.plus_minus[number], strict=True))
            low, high = ([y + sign * width for y, width in pairs] for sign in (-1, 1))
            axes.fill_between(panel.xs, low, high, color=color, alpha=0.15, linewidth=0)
    if panel.level is not None:
        axes.axhline(panel.level, color="0.45", linestyle=(0, (1, 2)), linewidth=1.0)
    axes.set_xticks(list(panel.xs)[:: -(-len(panel.xs) // _MOST_TICKS)])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_title(panel.title, fontsize=10)
    axes.set_xlabel(panel.x_label)
    axes.set_ylabel(panel.y_label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
