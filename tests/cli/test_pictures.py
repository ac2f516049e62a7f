"""Pictures: what stands in them, and that it fits."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from seqgen.cli.shared.pictures import Curve, draw_as_png, draw_map_as_png


@pytest.mark.parametrize("names", [["yes", "no"], ["a label of some length", "b"]])
def test_the_title_of_a_table_of_weights_fits_its_picture(drawn: list[Figure], names: list[str]) -> None:
    title = "a-run-with-a-name: true label (rows), predicted (columns)"
    draw_map_as_png([[1.0, 0.0], [0.5, 0.5]], rows=names, columns=names, title=title)
    (figure,) = drawn
    box = next(text for text in figure.texts if "true" in text.get_text()).get_window_extent()
    assert box.x0 >= 0 and box.x1 <= figure.bbox.width
    assert box.y0 >= 0 and box.y1 <= figure.bbox.height


def test_counts_stand_in_their_squares_white_on_dark(drawn: list[Figure]) -> None:
    draw_map_as_png([[0.9, 0.1]], rows=["a"], columns=["a", "b"], title="", counts=[[18, 2]])
    texts = drawn[0].axes[0].texts
    assert [(text.get_text(), text.get_color()) for text in texts] == [("18", "white"), ("2", "black")]


@pytest.mark.parametrize(("rates", "intervals"), [([2.0, 9.0], [(1, 4), (5, 12)]), ([0.0, 0.0], [(0, 0), (0, 0)])])
def test_an_axis_of_rates_with_intervals_begins_at_0_and_shows_them(
    drawn: list[Figure], rates: list[float], intervals: list[tuple[float, float]]
) -> None:
    curve = Curve("run", [1, 2], rates, has_markers=True, is_loss=False, intervals=intervals)
    draw_as_png([curve], title="", x_label="", y_label="")
    (axes,) = drawn[0].axes
    low, high = axes.get_ylim()
    assert low == 0
    assert high > max(end for _, end in intervals)
    (bars,) = axes.collections
    assert [np.asarray(path.vertices)[:, 1].tolist() for path in bars.get_paths()] == [list(ends) for ends in intervals]


def test_names_of_any_length_and_kind_are_drawn_as_they_are_up_to_60_characters(drawn: list[Figure]) -> None:
    names = ["word" * 5000, "$x^2$ <b> \x1b[31m", ""]
    draw_map_as_png([[0.0] * 3] * 3, rows=names, columns=names, title="")
    shown = [label.get_text() for label in drawn[0].axes[0].get_yticklabels()]
    assert shown == [("word" * 15)[:59] + "…", "$x^2$ <b> \\x1b[31m", ""]
