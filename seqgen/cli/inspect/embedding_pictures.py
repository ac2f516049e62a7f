"""Tokens on a plane, each written where its vector is: as a picture in the colours of classes, and as text."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqgen.cli.shared.escaping import escape_controls
from seqgen.cli.shared.pictures import plain_text
from seqgen.cli.shared.render import screen_width

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation
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
_SIDES = ((1, 1), (-1, 1), (1, -1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1))
"""Where a name can stand beside its point, the usual side first."""
_GAP = 4
"""Points between a name and its marker."""
_MARKER_PIXELS = 3
"""Half the width of a marker."""
_COLUMNS, _LINES = 76, 18
"""Of the map in the terminal."""


def draw_points_in_terminal(points: NDArray[np.float64], tokens: Sequence[str]) -> tuple[str, int]:
    """Tokens on a plane as lines of text, and how many have no room. The first tokens take their places first."""
    from rich.cells import cell_len

    columns = min(_COLUMNS, screen_width(_COLUMNS))
    lines = [[" "] * columns for _ in range(_LINES)]
    low = points.min(axis=0)
    shares = (points - low) / (points.max(axis=0) - low).clip(min=1e-30)
    n_left_out = 0
    for token, (x, y) in zip(tokens, shares.tolist(), strict=True):
        name = escape_controls(token)
        width = cell_len(name)
        line, first = lines[round((1 - y) * (_LINES - 1))], round(x * max(0, columns - width))
        if set(line[max(0, first - 1) : first + width + 1]) <= {" "} and width <= columns:
            line[first : first + width] = [name, *[""] * (width - 1)]
        else:
            n_left_out += 1
    return "\n".join("".join(line).rstrip() for line in lines), n_left_out


def draw_points_as_png(
    points: NDArray[np.float64], *, tokens: Sequence[str], classes: Sequence[str], title: str
) -> bytes:
    """Tokens on a plane. Each class has a colour and a marker. Names cover each other only where there is no room."""
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
        axes.set_title(escape_controls(title))
        axes.set_xlabel("first axis")
        axes.set_ylabel("second axis")
        axes.margins(0.08)
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(loc="outside right upper", frameon=False)
        figure.draw_without_rendering()  # so that the scales are final
        _write_names(axes, points, tokens=tokens, classes=classes)
        figure.savefig(picture, dpi=_DPI)
    return picture.getvalue()


def _write_names(axes: Axes, points: NDArray[np.float64], *, tokens: Sequence[str], classes: Sequence[str]) -> None:
    """Put each name on the first side of its point where it covers nothing, or else where it covers the least."""
    from matplotlib.transforms import Bbox

    middles = axes.transData.transform(points)
    taken = [Bbox([middle - _MARKER_PIXELS, middle + _MARKER_PIXELS]) for middle in middles]
    for point, token, kind in zip(points.tolist(), tokens, classes, strict=True):
        label = axes.annotate(
            escape_controls(token), point, xytext=(0, 0), textcoords="offset points", color=_COLORS[kind], fontsize=11
        )

        def covered(side: tuple[int, int], label: Annotation = label) -> int:
            _move(label, side)
            return int(label.get_window_extent().count_overlaps(taken))

        _move(label, min(_SIDES, key=covered))
        taken.append(label.get_window_extent())


def _move(label: Annotation, side: tuple[int, int]) -> None:
    """Put a name on a side of its point."""
    right, above = side
    label.set_position((_GAP * right, _GAP * above))
    label.set_horizontalalignment("left" if right > 0 else "right" if right < 0 else "center")
    label.set_verticalalignment("bottom" if above > 0 else "top" if above < 0 else "center")
