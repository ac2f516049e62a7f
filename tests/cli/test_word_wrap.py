"""Line breaks between words, whatever the pieces are in which a text comes."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from seqgen.cli.sample.text_output import TextOutput
from seqgen.cli.shared.word_wrap import WordWrap


def wrapped(pieces: list[str], width: int) -> str:
    wrap = WordWrap(width)
    return "".join(map(wrap.add, pieces)) + wrap.finish()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Mina sat by the river.", ["Mina sat ", "by the ", "river."]),
        ("Mina\n\nsat", ["Mina", "", "sat"]),
        ("a riverside-house", ["a ", "riverside-house"]),
        ("米娜坐在河边。", ["米娜坐在河", "边。"]),
    ],
)
def test_lines_break_between_words(text: str, lines: list[str]) -> None:
    assert wrapped([text], 10).split("\n") == lines
    assert wrapped(list(text), 10).split("\n") == lines


@given(st.lists(st.text(alphabet="ab  \n米", max_size=8)), st.integers(4, 12))
def test_only_too_wide_a_word_goes_beyond_the_edge_and_no_character_is_lost(pieces: list[str], width: int) -> None:
    shown = wrapped(pieces, width)
    assert shown.replace("\n", "").replace(" ", "") == "".join(pieces).replace("\n", "").replace(" ", "")
    for line in shown.split("\n"):
        first_word = line.partition(" ")[0]
        n_cut = max(0, cell_len(first_word) - 1) // width  # by the terminal
        assert cell_len(line.rstrip()) - n_cut * width <= width


def test_colours_take_no_room() -> None:
    wrap = WordWrap(9)
    shown = wrap.add("Mina sat", lambda run: f"\x1b[1m{run}\x1b[0m") + wrap.finish()
    assert "\n" not in shown
    assert shown.startswith("\x1b[1mMina\x1b[0m")


def test_a_curly_apostrophe_is_part_of_its_word() -> None:
    wrap = WordWrap(9)
    assert wrap.add("I can don’t ") + wrap.finish() == "I can \ndon’t "


@pytest.mark.parametrize(("is_terminal", "shown"), [(True, "one\n\\x1b[2Jtwo\n"), (False, "one\n\x1b[2Jtwo")])
def test_a_text_cannot_steer_the_terminal_and_is_unchanged_in_a_pipe(
    is_terminal: bool, shown: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    output = TextOutput()
    for piece in ("one\n\x1b", "[2Jtwo"):
        output.write(piece)
    output.finish()
    assert capsys.readouterr().out == shown
