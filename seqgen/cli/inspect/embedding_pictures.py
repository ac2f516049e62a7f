"""Tokens on a plane as a picture: each is written where its vector is, in the colour of its class."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqgen.cli.shared.pictures import plain_text
from seqgen.cli.shared.render import escape_controls

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_COLORS = {
    "vowel": "#D55E00",
    "consonant": "#0072B2",
    "capital": "#009E73",
    "digit": "#CC79A7",
    "punctuation": "#000000",
    "blank": "#B8860B",
    "word": "#0072B2",
}
"""Okabe & Ito's colours, which colour-blind people can tell apart; a darker yellow."""
_MARKERS = {"vowel": "o", "consonant": "s", "capital": "^", "digit": "D", "punctuation": "x", "blank": "+", "word": "s"}
_INCHES, _DPI = (8.0, 6.4), 120


def draw_points_as_png(
    points: NDArray[np.float64], *, tokens: Sequence[str], classes: Sequence[str], title: str
) -> bytes:
    """Tokens on a plane. Each class has a colour and a marker."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    picture = io.BytesIO()
    with plain_text():
        figure = Figure(figsize=_INCHES, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        for kind in dict.fromkeys(classes):
            chosen = [number for number, own in enumerate(classes) if own == kind]
            x, y = points[chosen].T
            axes.scatter(x, y, s=14, label=kind, color=_COLORS[kind], marker=_MARKERS[kind], linewidths=1.0)
            for number in chosen:
                name = escape_controls(tokens[number])
                place = (float(points[number, 0]), float(points[number, 1]))
                axes.annotate(name, place, xytext=(4, 3), textcoords="offset points", color=_COLORS[kind], fontsize=11)
        axes.set_title(escape_controls(title))
        axes.set_xlabel("first axis")
        axes.set_ylabel("second axis")
        axes.margins(0.08)
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(loc="outside right upper", frameon=False)
        figure.savefig(picture, dpi=_DPI)
    return picture.getvalue()
