"""Curves over lengths: axes with their lengths below, and curves that differ without colours."""

from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.figure import Figure

from seqgen.cli.shared.length_pictures import (
    LengthAxes,
    LengthCurve,
    draw_lengths_as_png,
    draw_lengths_in_terminal,
    draw_panels_as_png,
)
from seqgen.cli.shared.powers import limits_of_powers, short_power

LENGTHS = [2.0**power for power in range(13)]
AXES = LengthAxes(title="", x_label="", y_label="")
POWERS = LengthAxes(title="Gradient", x_label="lag k (tokens back)", y_label="norm", is_even=True, has_powers=True)
FALLING = LengthCurve(label="rnn", lengths=[1, 2, 3], ys=[1, 1e-5, 1e-40])
RISING = LengthCurve(label="a large one", lengths=[1, 2, 3], ys=[1, 1e5, math.inf], group=1)
ZEROS = LengthCurve(label="zero", lengths=[1, 2], ys=[0, 0])


def curve(label: str, height: float) -> LengthCurve:
    return LengthCurve(label=label, lengths=LENGTHS, ys=[height + 1 / length for length in LENGTHS])


def plot_of_powers(*curves: LengthCurve) -> str:
    return draw_lengths_in_terminal(curves, "==", is_even=True, has_powers=True, has_legend=False)


def test_every_curve_has_a_letter_of_its_own_and_doubling_is_one_step() -> None:
    lines = draw_lengths_in_terminal([curve("one", 1), curve("two", 2)], "title").splitlines()
    assert lines[0].strip() == "title"
    assert lines[-1].split() == ["aa", "one", "bb", "two"]
    (bottom,) = (number for number, line in enumerate(lines) if line.startswith("└"))
    ticks = lines[bottom + 1]
    assert ticks.split() == ["1", "2", "4", "8", "16", "32", "64", "128", "256", "512", "1,024", "4,096"]
    assert ticks.index("32") - ticks.index("16") in (5, 6)  # 63 columns for 12 doublings
    assert len(ticks) <= len(lines[bottom])
    assert max(map(len, lines)) <= 80


def test_nothing_is_drawn_of_single_points() -> None:
    assert not draw_lengths_in_terminal([LengthCurve(label="one", lengths=[4], ys=[1])], "title")


def test_a_curve_without_points_keeps_its_letter() -> None:
    plot = plot_of_powers(ZEROS, RISING)
    assert "b" in plot and "a" not in plot
    assert max(map(len, plot_of_powers(FALLING, RISING).splitlines())) <= 80


def test_an_axis_of_powers_shows_nothing_of_zeros() -> None:
    assert plot_of_powers(ZEROS) == ""


def test_a_picture_is_a_png_whatever_the_labels_are() -> None:
    named = LengthCurve(label="$x\x1b", lengths=[4, 8], ys=[0.1, 0.9], plus_minus=[0.1, 0.0], at=5.0)
    for axes in (AXES, LengthAxes(title="$", x_label="n", y_label="y", level=(0.5, "chance"), limits=(0, 1))):
        assert draw_lengths_as_png([named], axes).startswith(b"\x89PNG")
    assert draw_lengths_as_png([LengthCurve(label="one", lengths=[4], ys=[1])], AXES).startswith(b"\x89PNG")
    assert draw_lengths_as_png([ZEROS], POWERS).startswith(b"\x89PNG")


def test_a_panel_has_its_labels_and_leaves_out_what_has_no_place(drawn: list[Figure]) -> None:
    panel = ([FALLING, RISING, ZEROS], POWERS)
    draw_panels_as_png([panel, panel], title="$ in a name")
    first, _ = drawn[0].axes
    assert (first.get_xlabel(), first.get_ylabel(), first.get_yscale()) == ("lag k (tokens back)", "norm", "log")
    assert [line.get_label() for line in first.lines] == ["rnn", "a large one"]
    assert np.isfinite(np.asarray(first.lines[1].get_ydata())).all()
    assert len({line.get_color() for line in first.lines}) == 2


@pytest.mark.parametrize("axes", [AXES, POWERS])
def test_nothing_of_a_legend_lies_over_the_data(axes: LengthAxes, drawn: list[Figure]) -> None:
    draw_lengths_as_png([curve("one", 1), curve("two", 2)], axes)
    (drawing,) = drawn[0].axes
    legend = drawing.get_legend()
    assert legend is not None
    assert legend.get_window_extent().y1 < drawing.get_window_extent().y0


def test_the_axis_ends_where_a_picture_shows_nothing_more() -> None:
    assert limits_of_powers([1e-40, 1]) == (5e-13, 2)
    assert limits_of_powers([1e-3, 1e40]) == (5e-4, 2e12)
    assert limits_of_powers([1, 1]) == (0.5, 2)
    assert limits_of_powers([1e-40]) == (1e-12, 1e12)


@pytest.mark.parametrize(("value", "text"), [(1e-8, "1e-8"), (2e17, "2e17"), (1.0, "1e0"), (1e-103, "1e-103")])
def test_powers_are_short(value: float, text: str) -> None:
    assert short_power(value) == text
