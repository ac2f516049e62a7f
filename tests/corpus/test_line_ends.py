"""Line ends of every kind become newlines, wherever a text is cut into chunks."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen.corpus.line_ends import LineEnds, line_end_of, unify_line_ends

PARTS = ("a", "é", " ", "\n", "\r", "\r\n", "\u2028", "\u2029", "\x0b", "\x0c", "\x85")


@given(parts=st.lists(st.sampled_from(PARTS), max_size=12), cuts=st.lists(st.integers(0, 24), max_size=4))
def test_chunks_give_what_the_whole_text_gives(parts: list[str], cuts: list[int]) -> None:
    text = "".join(parts)
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    chunks = [text[start:end] for start, end in itertools.pairwise(places)]
    expected = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    assert "".join(LineEnds().unify(chunks)) == expected == unify_line_ends(text)


def test_form_feeds_and_other_white_space_stay() -> None:
    assert unify_line_ends("a\x0b\x0c\x85\u00a0b") == "a\x0b\x0c\x85\u00a0b"


def test_the_summary_counts_each_kind() -> None:
    line_ends = LineEnds()
    assert "".join(line_ends.unify(["a\r", "\nb\r\nc\rd\u2028e\u2029\n"])) == "a\nb\nc\nd\ne\n\n"
    assert line_ends.summary == "2 CRLF and 1 CR and 1 U+2028 and 1 U+2029"
    assert LineEnds().summary == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\nb\n\r\n", "\n"), ("a\r\nb\r\n\n", "\r\n"), ("a\rb\rc\n", "\r"), ("ab", "\n")],
)
def test_a_text_has_the_line_end_that_it_uses_most(text: str, expected: str) -> None:
    assert line_end_of(text) == expected
