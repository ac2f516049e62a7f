"""Attention heads as one picture: a row of squares for each layer, and in each square who attends to whom."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqgen.cli.shared.escaping import escape_controls
from seqgen.cli.shared.pictures import plain_text

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_SQUARE_INCHES, _LARGE_INCHES, _MOST_INCHES = 2.0, 4.5, 40.0
"""The side of the square of a head, of the square of one of few heads, and the most that a picture may have."""
_FEW = 4
_DPI = 120
_MOST_NAMED = 40
"""Tokens beside a square. More of them have no room."""


def draw_heads_as_png(
    weights: NDArray[np.float32], *, tokens: Sequence[str], titles: Sequence[str], title: str
) -> bytes:
    """All heads on one passage, (L, H, T, T): darker where the weight is larger. Layers go from top to bottom."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    n_layer, n_head = weights.shape[:2]
    side = _LARGE_INCHES if n_layer * n_head <= _FEW else _SQUARE_INCHES
    side = min(side, _MOST_INCHES / max(n_layer, n_head))
    picture = io.BytesIO()
    with plain_text():
        figure = Figure(figsize=(side * n_head + 0.8, side * n_layer + 1.1), layout="constrained")
        FigureCanvasAgg(figure)
        grid = figure.subplots(n_layer, n_head, squeeze=False)
        for number, axes in enumerate(grid.flat):
            layer, head = divmod(number, n_head)
            axes.imshow(weights[layer, head], cmap="Greys", vmin=0, vmax=1, interpolation="nearest")
            axes.set_title(titles[number], fontsize=8)
            _name_tokens(axes, tokens, is_left=head == 0, is_lowest=layer == n_layer - 1, inches=side)
        figure.supxlabel("attended to", fontsize=9)
        figure.supylabel("token", fontsize=9)
        figure.suptitle(f"{escape_controls(title)}: heads LAYER:HEAD, white 0, black 1", fontsize=10)
        figure.savefig(picture, dpi=_DPI)
    return picture.getvalue()


def _name_tokens(axes: Axes, tokens: Sequence[str], *, is_left: bool, is_lowest: bool, inches: float) -> None:
    """Write the tokens beside the squares at the left and below those at the bottom, if they have room."""
    axes.tick_params(length=0)
    names = list(map(escape_controls, tokens))
    has_room = len(names) <= _MOST_NAMED and max(map(len, names)) <= 12
    size = min(8.0, 60 * inches / max(1, len(names)))
    rotation = 90 if max(map(len, names)) > 1 else 0
    axes.set_xticks([])
    axes.set_yticks([])
    if has_room and is_lowest:
        axes.set_xticks(range(len(names)), names, fontsize=size, rotation=rotation)
    if has_room and is_left:
        axes.set_yticks(range(len(names)), names, fontsize=size)
