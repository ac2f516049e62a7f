"""Curves over lengths: an axis of logarithms with its lengths below, and curves that differ without colours."""

from __future__ import annotations

from seqgen.cli.shared.length_pictures import LengthAxes, LengthCurve, draw_lengths_as_png, draw_lengths_in_terminal

LENGTHS = [2.0**power for power in range(13)]
AXES = LengthAxes(title="", x_label="", y_label="")


def curve(label: str, height: float) -> LengthCurve:
    return LengthCurve(label=label, lengths=LENGTHS, ys=[height + 1 / length for length in LENGTHS])


def test_every_curve_has_a_sign_of_its_own_and_doubling_is_one_step() -> None:
    lines = draw_lengths_in_terminal([curve("one", 1), curve("two", 2)], "title").splitlines()
    assert lines[0].strip() == "title"
    assert lines[-1].split() == ["oo", "one", "xx", "two"]
    (bottom,) = (number for number, line in enumerate(lines) if line.startswith("└"))
    ticks = lines[bottom + 1]
    assert ticks.split() == ["1", "2", "4", "8", "16", "32", "64", "128", "256", "512", "1,024", "4,096"]
    assert ticks.index("32") - ticks.index("16") in (5, 6)  # 63 columns for 12 doublings
    assert len(ticks) <= len(lines[bottom])
    assert max(map(len, lines)) <= 80


def test_nothing_is_drawn_of_single_points() -> None:
    assert not draw_lengths_in_terminal([LengthCurve(label="one", lengths=[4], ys=[1])], "title")


def test_a_picture_is_a_png_whatever_the_labels_are() -> None:
    named = LengthCurve(label="$x\x1b", lengths=[4, 8], ys=[0.1, 0.9], plus_minus=[0.1, 0.0], at=5.0)
    for axes in (AXES, LengthAxes(title="$", x_label="n", y_label="y", level=(0.5, "chance"), limits=(0, 1))):
        assert draw_lengths_as_png([named], axes).startswith(b"\x89PNG")
    assert draw_lengths_as_png([LengthCurve(label="one", lengths=[4], ys=[1])], AXES).startswith(b"\x89PNG")
