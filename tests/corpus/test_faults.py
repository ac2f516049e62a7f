"""What there is to mend in a text: counted alike however the text is cut into chunks."""

from __future__ import annotations

import re
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seqgen.corpus.faults import FaultFinder, Faults


def faults_of(*chunks: str) -> Faults:
    finder = FaultFinder()
    assert "".join(finder.watch(chunks)) == "".join(chunks)
    return finder.faults()


NOTHING = Faults(
    line_ends={},
    controls={},
    n_trailing=0,
    longest_trailing=0,
    n_long_lines=0,
    longest_line=0,
    markup_share=0.0,
)


def test_a_small_text_is_as_counted_by_hand() -> None:
    text = "one \t \r\ntwo  \nthree\x07\f\f\u2028<p>four</p>\rfive\u2029"
    assert faults_of(text) == Faults(
        line_ends={"CRLF": 1, "LF": 1, "U+2028": 1, "CR": 1, "U+2029": 1},
        controls={"U+000C": 2, "U+0007": 1},
        n_trailing=2,
        longest_trailing=3,
        n_long_lines=0,
        longest_line=len("three\x07\f\f\u2028<p>four</p>"),
        markup_share=len("<p></p>") / len(text),
    )
    assert faults_of() == NOTHING


@example(["one  \r", "\ntwo"])
@given(st.lists(st.text("a \r\n<", max_size=5), max_size=6))
def test_the_faults_are_the_same_however_the_text_is_cut(chunks: list[str]) -> None:
    text = "".join(chunks)
    assert faults_of(*chunks) == faults_of(text)
    assert faults_of(text).longest_line == max(map(len, re.split("[\r\n]", text)))


@pytest.mark.parametrize("most_waiting", [0, 3, 1 << 20])
def test_a_line_of_many_chunks_is_long_as_a_whole(most_waiting: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.corpus.faults._MAX_WAITING", most_waiting)
    lines = ["b" * 10_000, *["aaaa"] * 2500, "a", "a\n", "b" * 10_000, "\nb"]
    assert faults_of("\n", *lines) == replace(NOTHING, line_ends={"LF": 3}, n_long_lines=1, longest_line=20_002)
    assert faults_of("a" * 10_000, "\n", "b" * 10_001).n_long_lines == 1
    assert faults_of("aaaa\r", "\nb") == replace(NOTHING, line_ends={"CRLF": 1}, longest_line=4)
    assert faults_of("a\nbb  ", "\n").n_trailing == 1


@pytest.mark.parametrize(("chunk", "most_waiting"), [("a" * 1000, 1000), ("aaa\r" * 250, 1 << 20)])
def test_a_text_is_looked_at_in_little_memory(chunk: str, most_waiting: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.corpus.faults._MAX_WAITING", most_waiting)
    tracemalloc.start()
    try:
        assert sum(map(len, FaultFinder().watch([chunk] * 300))) == 300_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 300_000


def test_each_fault_is_a_sentence() -> None:
    found = Faults(
        line_ends={"LF": 2000, "CR": 1},
        controls={"U+000C": 4, "U+000B": 3, "U+00AD": 2, "U+0007": 1},
        n_trailing=1,
        longest_trailing=2,
        n_long_lines=1,
        longest_line=10_001,
        markup_share=0.5,
    )
    assert list(found.sentences()) == [
        "mixed line ends: 2,000 LF, 1 CR",
        "control characters: 10 (4 U+000C (form feed), 3 U+000B (vertical tab), 2 U+00AD (soft hyphen))",
        "lines that end in spaces: 1, up to 2 spaces",
        "lines over 10,000 characters: 1, up to 10,001",
        "markup, such as <p> or &amp;: 50.0% of the text",
    ]
    lost = replace(NOTHING, controls={"U+FFFD": 1, "U+0007": 1}, line_ends={"LF": 9})
    assert list(lost.sentences()) == ["control characters: 2 (1 U+FFFD (lost character), 1 U+0007)"]
