"""Pictures with a logarithmic axis: what stands in them, and that it fits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.figure import Figure

from seqgen.cli.shared.log_pictures import LogCurve, Panel, draw_log_as_png, draw_log_in_terminal, limits, short_power

FALLING = LogCurve(label="rnn", xs=[1, 2, 3], ys=[1, 1e-5, 1e-40])
RISING = LogCurve(label="a large one", xs=[1, 2, 3], ys=[1, 1e5, math.inf], group=1)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Every figure that is saved while the test runs."""
    figures: list[Figure] = []
    save = Figure.savefig

    def keep(figure: Figure, *args: object, **options: object) -> None:
        figures.append(figure)
        save(figure, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Figure, "savefig", keep)
    return figures


def test_a_letter_marks_each_curve_of_a_terminal() -> None:
    plot = draw_log_in_terminal([FALLING, RISING], "norms")
    assert {"a", "b"} <= set("".join(plot.splitlines()[1:]))
    assert max(map(len, plot.splitlines())) <= 80


def test_a_curve_without_points_keeps_its_letter() -> None:
    plot = draw_log_in_terminal([LogCurve(label="zero", xs=[1, 2], ys=[0, 0]), RISING], "==")
    assert "b" in plot and "a" not in plot


def test_nothing_is_drawn_of_zeros() -> None:
    assert draw_log_in_terminal([LogCurve(label="zero", xs=[1, 2], ys=[0, 0])], "") == ""


def test_the_axis_ends_where_a_picture_shows_nothing_more() -> None:
    assert limits([1e-40, 1]) == (5e-13, 2)
    assert limits([1e-3, 1e40]) == (5e-4, 2e12)
    assert limits([1, 1]) == (0.5, 2)
    assert limits([1e-40]) == (1e-12, 1e12)


def test_one_panel_has_its_labels_and_leaves_out_what_has_no_place(drawn: list[Figure]) -> None:
    zero = LogCurve(label="zero", xs=[1, 2], ys=[0, 0])
    panel = Panel(title="Gradient", x_label="lag k (tokens back)", y_label="norm", curves=[FALLING, RISING, zero])
    draw_log_as_png([panel, panel], title="$ in a name")
    first, _ = drawn[0].axes
    assert (first.get_xlabel(), first.get_ylabel(), first.get_yscale()) == ("lag k (tokens back)", "norm", "log")
    assert [line.get_label() for line in first.lines] == ["rnn", "a large one"]
    assert np.isfinite(np.asarray(first.lines[1].get_ydata())).all()
    assert len({line.get_color() for line in first.lines}) == 2


def test_nothing_of_a_legend_lies_over_the_data(drawn: list[Figure]) -> None:
    panel = Panel(title="", x_label="x", y_label="y", curves=[FALLING, RISING])
    draw_log_as_png([panel], title="")
    (axes,) = drawn[0].axes
    legend = axes.get_legend()
    assert legend is not None
    assert legend.get_window_extent().y1 < axes.get_window_extent().y0


@pytest.mark.parametrize(("value", "text"), [(1e-8, "1e-8"), (2e17, "2e17"), (1.0, "1e0"), (1e-103, "1e-103")])
def test_powers_are_short(value: float, text: str) -> None:
    assert short_power(value) == text
