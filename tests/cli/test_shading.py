"""Text shaded by surprise, in the colours that there are."""

from __future__ import annotations

import math
import re

import pytest
from rich.color import ColorSystem

from seqgen.cli.shared.shading import Shading

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
SURPRISES = [0.0, 0.5, 1.0, 2.5, 5.0, 20.0, math.inf]


@pytest.mark.parametrize("system", [None, ColorSystem.STANDARD, ColorSystem.EIGHT_BIT, ColorSystem.TRUECOLOR])
def test_colours_leave_the_text_alone(system: ColorSystem | None) -> None:
    for nats in SURPRISES:
        assert ESCAPE.sub("", Shading(system).paint("[b]é\n", nats)) == "[b]é\n"


def test_without_colours_nothing_is_added_and_the_legend_says_so() -> None:
    plain = Shading(None)
    assert [plain.paint("a", nats) for nats in SURPRISES] == ["a"] * len(SURPRISES)
    assert plain.legend().startswith("no colours")


@pytest.mark.parametrize("system", [ColorSystem.STANDARD, ColorSystem.EIGHT_BIT])
def test_each_level_of_surprise_looks_different(system: ColorSystem) -> None:
    shading = Shading(system)
    assert len({shading.paint("a", bits * math.log(2)) for bits in (0.5, 1.5, 3, 6, 9)}) == 5


def test_sixteen_colours_use_no_others() -> None:
    painted = [Shading(ColorSystem.STANDARD).paint("a", nats) for nats in SURPRISES]
    assert not any("38;5" in text or "38;2" in text for text in painted)


def test_no_color_and_pipes_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    assert Shading.of_terminal().paint("a", 9.0) == "a"
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert Shading.of_terminal().paint("a", 9.0) != "a"
    monkeypatch.setenv("NO_COLOR", "1")
    assert Shading.of_terminal().paint("a", 9.0) == "a"
