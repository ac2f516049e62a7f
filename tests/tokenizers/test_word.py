"""What is special to words: where they begin and end, which are kept, and the fall-back to characters."""

from __future__ import annotations

import re
import sys
import unicodedata
from itertools import chain

import pytest

from seqgen.config import WordConfig
from seqgen.errors import TokenizerError
from seqgen.tokenizers import MARK, Tokenizer, train_tokenizer, word
from seqgen.tokenizers.word import MOST_WORDS, letters, split_words

TEXT = "the cat saw the cat and the dog\n"
CHARACTERS = len(set(TEXT))
WORDS = 6
"""Distinct words of two characters or more, with and without the space before."""


def train(text: str, vocab_size: int | None = None) -> Tokenizer:
    return train_tokenizer(WordConfig(vocab_size=vocab_size), [text], n_bytes=len(text.encode()))


def tokens(tokenizer: Tokenizer, text: str) -> list[str]:
    return [tokenizer.decode([token]) for token in tokenizer.encode(text).ids.tolist()]


@pytest.mark.parametrize(
    "parts",
    [
        ["the", " cat", ",", " and", " the", " dog", "."],
        ["it", " ", " is", " ", "\n", " so"],  # one space belongs to a word, others stand alone
        ["don't", " O’Neill's", " '", "tis"],
        ["x", "_", "1", " 2024", "-", "05", " “", "no", "”"],
        ["हिन्दी", " में", " किताबें"],  # vowel signs are combining marks
        ["می\u200cخواهم", " بروم"],  # the joiner stays inside
        ["\u0301", " e\u0301t", "\r", "\n", "\t", "😀", "😀"],
    ],
    ids=lambda parts: ascii("".join(parts)),
)
def test_a_text_falls_into_words_with_their_spaces(parts: list[str]) -> None:
    assert split_words("".join(parts)) == parts


def test_letters_are_those_of_python_with_marks_and_joiners() -> None:
    characters = [*map(chr, range(0x30000)), *map(chr, range(0xE0000, 0xE0200))]
    joined = {*re.findall(r"[^\W\d_]", "".join(characters)), "\u200c", "\u200d"}
    expected = [c for c in characters if c in joined or unicodedata.category(c)[0] == "M"]
    assert "".join(re.findall(letters(), "".join(characters))) == "".join(expected)


@pytest.mark.parametrize("letter", ["a", "\u0928", "\U00010400"], ids=["ascii", "near", "far"])
def test_letters_from_near_and_far_make_one_word(letter: str) -> None:
    word = f"{letter}\U0001d538\u0301a\u200d\U000e0100{letter}"
    assert split_words(f"{word} {word}'{word}") == [word, f" {word}'{word}"]


def test_no_word_crosses_the_end_of_a_line_too_long_for_a_segment() -> None:
    assert list(map(len, split_words("a" * 10_000))) == [4096, 4096, 1808]


def test_characters_come_first_then_words_the_most_frequent_first() -> None:
    tokenizer = train("bb aa bb aa cc cc bb once\n")
    vocabulary = [tokenizer.decode([token]) for token in range(1, tokenizer.vocab_size)]
    assert vocabulary == [*"\n abceno", " aa", " bb", " cc"]


def test_a_word_outside_the_vocabulary_falls_back_to_characters() -> None:
    tokenizer = train(TEXT)
    assert tokens(tokenizer, "the cat the tac") == ["t", "h", "e", " cat", " the", " ", "t", "a", "c"]


def test_oov_characters_inside_words_are_named_with_their_positions() -> None:
    encoding = train(TEXT).encode(f"the{MARK} cät zz")
    assert (encoding.oov, encoding.oov_at) == ("äzz", (6, 9, 10))
    assert [train(TEXT).decode(encoding.ids[:n].tolist()) for n in encoding.oov_after] == [
        "the c",
        "the ct ",
        "the ct ",
    ]


def test_the_separator_is_no_token_of_a_text_that_lacks_it_otherwise() -> None:
    tokenizer = train_tokenizer(WordConfig(), [f"ab{MARK}ba"], n_bytes=5, separator="\n")
    encoding = tokenizer.encode(f"a\nb{MARK}")
    assert (encoding.oov, tokenizer.decode(encoding.ids.tolist())) == ("\n", "ab\n")


def test_without_a_size_the_number_of_words_is_limited() -> None:
    words = [
        f" {a}{b}{c}"
        for a in map(chr, range(0x4E00, 0x4E00 + 30))
        for b in "abcdefghijklmnopqrstuvwxyz"
        for c in "abcdefghijklmnopqrstuvwxyz12"
    ]
    text = "".join(words) * 2
    assert len(words) > MOST_WORDS
    assert train(text).vocab_size == 1 + len(set(text)) + MOST_WORDS


@pytest.mark.parametrize("vocab_size", [1 + CHARACTERS, 1 + CHARACTERS + 3, 1 + CHARACTERS + WORDS])
def test_a_size_that_the_text_supports_is_kept_exactly(vocab_size: int) -> None:
    tokenizer = train(TEXT, vocab_size)
    assert tokenizer.vocab_size == vocab_size
    assert tokenizer.decode(tokenizer.encode(TEXT).ids.tolist()) == TEXT


@pytest.mark.parametrize(
    ("vocab_size", "remedy"),
    [
        (CHARACTERS, f"use --vocab-size {1 + CHARACTERS} or more"),
        (9999, f"--vocab-size {1 + CHARACTERS + WORDS} or less"),
    ],
)
def test_a_size_out_of_range_is_refused_with_the_nearest_one(vocab_size: int, remedy: str) -> None:
    with pytest.raises(TokenizerError, match=f"{vocab_size} .*{remedy}"):
        train(TEXT, vocab_size)


def test_code_points_among_which_no_letters_are_looked_for_have_no_characters_of_this_version_of_unicode() -> None:
    first, second = word._ASSIGNED
    others = chain(range(first.stop, second.start), range(second.stop, sys.maxunicode + 1))
    assert set(map(unicodedata.category, map(chr, others))) == {"Cn", "Co"}
