"""Texts in words or characters: which of them are known, how likely they are, how many differ."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seqgen.evaluation import Units
from seqgen.evaluation.ngram import NgramModel
from tests import tiny

HALF = len(tiny.TEXT) // 2


@pytest.fixture(scope="module")
def words() -> Units:
    return Units(train=tiny.TEXT, held_out=tiny.TEXT[HALF:])


def test_a_text_has_words_if_most_of_them_are_in_the_training_text(words: Units) -> None:
    assert words.are_words
    names = Units(train="Ada\nBea\nCleo\n" * 20, held_out="Dora\nEve\nFay\n" * 20)
    assert not names.are_words
    assert names.clean_sentences(["Ada Bea. Bea Cleo."]) is None
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


SIX = "one two three four five six"


def test_three_known_words_of_five_are_enough() -> None:
    assert Units(train=SIX, held_out="one two three x y").are_words
    assert not Units(train=SIX, held_out="one two x y z").are_words
    assert Units(train=SIX, held_out=SIX).known_words([""]) == 0


def test_the_share_of_different_trigrams_is_the_mean_over_passages_as_long_as_the_held_out_text() -> None:
    units, loop = Units(train=SIX, held_out=SIX), "one two one two one two"
    texts = [[loop], [loop, SIX], [loop, "five six"], ["one two three"], ["one"], [""]]
    assert [units.distinct(some) for some in texts] == [0.5, 0.75, 0.5, 1.0, 0.0, 0.0]


@pytest.mark.parametrize(("held_out", "order"), [("b a", 3), ("x y", 4)])
def test_the_surprise_is_in_bits_under_trigrams_of_words_or_four_grams_of_characters(held_out: str, order: int) -> None:
    train = "a b a a b b a b"
    units = Units(train=train, held_out=held_out)
    symbols = train.split() if order == 3 else list(train)
    numbers = {symbol: number for number, symbol in enumerate(dict.fromkeys(symbols), start=2)}
    ids = np.array([numbers[symbol] for symbol in symbols])
    nats = NgramModel(ids, order=order, vocab_size=len(numbers) + 2).nats(ids)
    assert units.surprise([train]) == pytest.approx(nats.mean() / math.log(2))
