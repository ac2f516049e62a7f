"""Lengths of notes and bars: exact fractions of a whole note."""

from __future__ import annotations

from fractions import Fraction

import pytest

from seqgen.music import Bar, read_tune


def bars(music: str, *, metre: str = "4/4", unit: str = "1/8", key: str = "C") -> tuple[Bar, ...]:
    """The bars of some music under a short header."""
    tune = read_tune(f"X:1\nM:{metre}\nL:{unit}\nK:{key}\n{music}")
    assert tune is not None
    return tune.bars


@pytest.mark.parametrize(
    ("music", "eighths"),
    [
        ("c", "1"),
        ("c3/2", "3/2"),
        ("c/", "1/2"),
        ("c//", "1/4"),
        ("c/4", "1/4"),
        ("^c,,2 _B' =e''/2", "7/2"),
        ("z2 x c", "4"),
        ("c>d", "2"),
        ("c<d", "2"),
        ("c>>d2", "9/4"),
        ("c2 > d2", "4"),
        ("(3cde", "2"),
        ("(3cdef", "3"),
        ("(5cdefg", "2"),
        ("(3:2:2c2d f", "3"),
        ("(3::4cdef", "8/3"),
        ("(2cd", "3"),
        ("(3c>de", "2"),
        ("[CEG]2", "2"),
        ("[C2E2G2]", "2"),
        ("[C2E4]/2", "1"),
        ("+CE+2 f", "3"),
        ("+f+ c !trill!d +trill+e", "3"),
        ("{ag}c {/b}d", "2"),
        ("c-c", "2"),
        ("(cd) (ef)", "4"),
        ('"Am"c "^slowly"d', "2"),
        (".c ~d Te ud vc", "5"),
        ("c y2 d ` e", "3"),
        ("c2 & e4", "4"),
        ("c d % not a note: a", "2"),
        ("c[M:3/4]d [K:G]e", "3"),
        ("c [L:1/4] d", "3"),
        ("c\\\nd", "2"),
    ],
)
def test_the_length_of_a_bar_is_the_sum_of_what_stands_in_it(music: str, eighths: str) -> None:
    (bar,) = bars(music)
    assert bar.length * 8 == Fraction(eighths)
    assert bar.unread == ""


def test_a_tuplet_takes_the_usual_time_of_its_metre() -> None:
    assert [bars("(5cdefg", metre=metre)[0].length for metre in ("4/4", "6/8")] == [Fraction(2, 8), Fraction(3, 8)]


def test_a_broken_rhythm_dots_one_note_and_halves_the_other() -> None:
    assert [note.length * 16 for note in bars("c>d e<f")[0].notes] == [3, 1, 1, 3]


@pytest.mark.parametrize(
    ("metre", "length"),
    [("C", "1"), ("C|", "1"), ("6/8", "3/4"), ("2+3/8", "5/8"), ("(2+2+3)/8", "7/8"), ("none", None), ("0/4", None)],
)
def test_a_metre_is_the_length_of_a_bar(metre: str, length: str | None) -> None:
    assert bars("c", metre=metre)[0].metre == (None if length is None else Fraction(length))


@pytest.mark.parametrize(("metre", "unit"), [("2/4", "1/16"), ("3/4", "1/8"), ("6/8", "1/8"), ("none", "1/8")])
def test_without_a_unit_length_the_metre_decides_it(metre: str, unit: str) -> None:
    tune = read_tune(f"X:1\nM:{metre}\nK:C\nc")
    assert tune is not None
    assert tune.bars[0].length == Fraction(unit)


@pytest.mark.parametrize("line", ["|", "||", "|]", "|:", ":|", "::", ":|:", ":||:", "|1", ":|2", "|[1", "[|", ".|"])
def test_every_bar_line_ends_a_bar(line: str) -> None:
    assert [bar.length * 8 for bar in bars(f"c2{line}d3")] == [2, 3]


def test_bar_lines_in_a_row_are_one() -> None:
    assert [bar.text for bar in bars("|: c2 :|\n|: d2 | | e2 :|\n")] == ["c2", "d2", "e2"]


def test_a_line_of_music_that_begins_like_a_field_is_music() -> None:
    assert [bar.length * 8 for bar in bars("c4|\nd:|\ne4|")] == [4, 1, 4]


def test_fields_between_lines_change_what_follows() -> None:
    changed = bars("c4|\nM:3/4\nL:1/4\nw:la la\nc2|")
    assert [(bar.length, bar.metre) for bar in changed] == [
        (Fraction(1, 2), Fraction(1)),
        (Fraction(1, 2), Fraction(3, 4)),
    ]


def test_a_rest_of_several_bars_is_several_bars() -> None:
    assert [bar.length for bar in bars("c8|Z3|d8|")] == [1] * 5


def test_what_is_no_abc_is_kept_and_not_guessed() -> None:
    assert [bar.unread for bar in bars("c4 c4|c/2/4d?|#c|c>|")] == ["", "/4?", "#", ">"]


def test_numbers_without_end_are_no_abc() -> None:
    digits = "9" * 5000
    for music in (f"c{digits}|", f"c|{digits}", f"c|[{digits}", f"({digits}c|", f"c/{digits}|", "c" + "/" * 5000):
        assert [note.pitch for note in bars(music)[0].notes] == [72]
    assert bars("c", unit="9999")[0].length == Fraction(1, 8)


def test_voices_are_read_apart() -> None:
    tune = read_tune("X:1\nM:2/4\nL:1/4\nK:C\nV:1\ncd|\nV:2\nC2|\n[V:1]e2|]")
    assert tune is not None
    assert [[bar.length for bar in bars] for bars in tune.voices] == [[Fraction(1, 2)] * 2, [Fraction(1, 2)]]


@pytest.mark.parametrize("text", ["", "Once upon a time.", "X:1\nT:No key\nabc", "X:1\nK:C", "X:1\nK:C\nz8|"])
def test_a_text_without_a_key_or_a_note_is_no_tune(text: str) -> None:
    assert read_tune(text) is None
