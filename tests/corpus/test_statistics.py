"""What a text is made of, against counts made by hand."""

from __future__ import annotations

import pytest

from seqgen.corpus.statistics import measure_text


def test_characters_bytes_and_distinct_characters_are_counted() -> None:
    measured = measure_text(["aé", "", "語😀a\n"])
    assert (measured.n_characters, measured.n_bytes, measured.n_distinct) == (6, 12, 5)


@pytest.mark.parametrize(
    ("text", "n_lines"), [("", 0), ("\n", 1), ("a", 1), ("a\n", 1), ("a\nb", 2), ("a\r\n\r\nb\r\n", 3)]
)
def test_a_last_line_without_a_line_end_counts(text: str, n_lines: int) -> None:
    assert measure_text(text).n_lines == n_lines


@pytest.mark.parametrize(
    ("text", "entropy"), [("", 0.0), ("aaaa", 0.0), ("abab", 1.0), ("abcdefgh", 3.0), ("aabc", 1.5)]
)
def test_entropy_is_that_of_how_often_each_character_occurs(text: str, entropy: float) -> None:
    measured = measure_text([text])
    assert measured.entropy_bits == pytest.approx(entropy, abs=1e-12)
    assert str(measured.entropy_bits)[0] != "-"


def test_scripts_are_shares_of_the_letters_the_largest_first() -> None:
    measured = measure_text(["abcé, 12! ", "жи 語 हि 😀"])
    assert list(measured.scripts) == ["Latin", "Cyrillic", "Devanagari", "Han"]
    assert list(measured.scripts.values()) == pytest.approx([4 / 9, 2 / 9, 2 / 9, 1 / 9])


def test_letters_of_no_script_and_forms_of_a_script_are_told_apart() -> None:
    assert measure_text(["\u0301ªºµ\u02b0\U0001d538ⅅ〆\ufe0f"]).scripts == {}
    assert measure_text(["Ａｱ"]).scripts == {"Latin": 0.5, "Katakana": 0.5}


def test_an_empty_chunk_does_not_end_a_line() -> None:
    assert measure_text(["a\nb", ""]).n_lines == 2


def test_a_text_without_letters_has_no_script() -> None:
    assert measure_text(["1 + 2 = 3\n😀"]).scripts == {}


def test_cutting_changes_nothing() -> None:
    text = "Où est-il ?\n" * 20 + "là"
    assert measure_text(text) == measure_text([text])
