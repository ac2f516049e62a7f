"""Texts in words or characters: which of them are known, how likely they are, how many differ."""

from __future__ import annotations

import pytest

from seqgen.evaluation import Units
from tests import tiny

HALF = len(tiny.TEXT) // 2


@pytest.fixture(scope="module")
def words() -> Units:
    return Units(train=tiny.TEXT, held_out=tiny.TEXT[HALF:])


def test_a_text_has_words_if_most_of_them_are_in_the_training_text(words: Units) -> None:
    assert words.are_words
    names = Units(train="Ada\nBea\nCleo\n" * 20, held_out="Dora\nEve\nFay\n" * 20)
    assert not names.are_words
    assert names.clean_sentences(["Ada. Bea."]) is None
    assert names.split("Gus") == ["g", "u", "s"]


def test_a_text_without_spaces_is_compared_in_characters() -> None:
    units = Units(train="春眠不覺曉。處處聞啼鳥。" * 9, held_out="夜來風雨聲。花落知多少。" * 9)
    assert not units.are_words
    assert units.surprise(["春眠不覺曉。"]) < units.surprise(["曉覺不眠春。"])


def test_one_new_word_breaks_a_sentence(words: Units) -> None:
    assert words.clean_sentences(["Mina sat by the river. Mina sta by the river.\nBen sat."]) == pytest.approx(2 / 3)
    assert words.known_words(["Mina sta by the"]) == 0.75


def test_case_and_single_words_do_not_count(words: Units) -> None:
    assert words.clean_sentences(["MINA SAT BY THE RIVER. Xyzzy! Mina sat."]) == 1


def test_a_text_without_sentences_has_no_share_of_clean_ones(words: Units) -> None:
    assert words.clean_sentences([""]) is None


def test_words_in_their_order_surprise_less_than_the_same_words_mixed(words: Units) -> None:
    ordered = tiny.TEXT[HALF : HALF + 800]
    assert words.surprise([ordered]) < words.surprise([" ".join(sorted(ordered.split()))])


def test_new_words_are_not_counted_as_surprising_too(words: Units) -> None:
    assert words.surprise(["xyzzy plugh"]) == 0


def test_repeated_sentences_are_less_distinct_and_the_length_does_not_matter(words: Units) -> None:
    loop = "Mina sat by the river. " * 200
    assert words.distinct([loop]) < 0.1
    assert words.distinct([tiny.TEXT]) > 0.8
    assert words.distinct([tiny.TEXT, tiny.TEXT]) == pytest.approx(words.distinct([tiny.TEXT]), abs=0.1)
