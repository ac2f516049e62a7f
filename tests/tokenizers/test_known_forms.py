"""What stands for a character or a word that the vocabulary lacks."""

from __future__ import annotations

import pytest

from seqgen.config import ByteConfig, CharConfig, WhitespaceConfig
from seqgen.tokenizers import MARK, Tokenizer, train_tokenizer
from seqgen.tokenizers.known_forms import compose, covers, describe_unknown, nearest_known, nearest_known_word


def letters(text: str) -> Tokenizer:
    return train_tokenizer(CharConfig(), [text], n_bytes=len(text.encode()))


def words(text: str) -> Tokenizer:
    return train_tokenizer(WhitespaceConfig(), [text], n_bytes=len(text.encode()))


@pytest.mark.parametrize(
    ("known", "unknown"),
    [
        ('"', "“”„‟«»〝〞＂"),
        ("'", "‘’‚‛′`´＇"),
        ("-", "‐‑‒–—―−－"),
        (" ", "\u00a0\u2002\u2003\u2009\u202f\u3000\t"),
        (".", "…。"),
        ("…", "."),
        ("—", "-–"),
    ],
)
def test_marks_that_look_alike_stand_for_one_another(known: str, unknown: str) -> None:
    for character in unknown:
        assert nearest_known(character, letters(known)) in (known, known * 3)  # an ellipsis is three full stops


def test_the_plainest_of_several_look_alikes_is_taken() -> None:
    assert nearest_known("„", letters('"“”')) == '"'


def test_a_letter_looks_like_no_mark_and_no_other_letter() -> None:
    assert nearest_known("X", letters("\"'-. z")) is None
    assert nearest_known("z", letters("\"'-. X")) is None


@pytest.mark.parametrize(
    ("letter", "spelled"),
    [("ß", "ss"), ("æ", "ae"), ("Æ", "AE"), ("œ", "oe"), ("Œ", "OE"), ("ø", "o"), ("Ø", "O"), ("ł", "l"), ("Ł", "L")],
)
def test_letters_that_unicode_does_not_decompose_are_spelled(letter: str, spelled: str) -> None:
    assert nearest_known(letter, letters("abcdefghijklmnopqrstuvwxyzAEOL")) == spelled
    assert nearest_known_word(f"x{letter}x", words(f"x{spelled}x")) == f"x{spelled}x"


def test_a_character_is_written_with_less_only_if_all_of_that_is_known() -> None:
    assert nearest_known("½", letters("1\u20442")) == "1\u20442"
    assert nearest_known("½", letters("1")) is None
    assert nearest_known("É", letters("E")) == "E"
    assert nearest_known("É", letters("e")) == "e"
    assert nearest_known("é", letters("E")) == "E"
    assert nearest_known("x", letters("y")) is None


@pytest.mark.parametrize("mark", [MARK, "\udcff", "\ud800", "\udfff"])
def test_of_surrogates_only_the_end_of_text_is_covered(mark: str) -> None:
    for tokenizer in (letters("ab"), train_tokenizer(ByteConfig(), [], n_bytes=0)):
        assert covers(tokenizer, mark) == (mark == MARK)


def test_the_neighbours_of_the_surrogates_are_characters_like_others() -> None:
    neighbours = "\ud7ff\ue000"
    assert all(covers(letters(neighbours), character) for character in neighbours)
    assert all(covers(train_tokenizer(ByteConfig(), [], n_bytes=0), character) for character in neighbours)
    assert describe_unknown("\ue000", "left out") == "the model does not know '\\ue000': left out"


def test_a_quotation_mark_within_a_word_is_read_as_the_plain_one() -> None:
    assert nearest_known_word("isn’t", words("isn't it")) == "isn't"
    assert nearest_known_word("two words", words("two words")) is None


def test_accents_are_joined_or_parted_only_if_more_is_then_known() -> None:
    joined, parted = "caf\u00e9", "cafe\u0301"
    assert compose(parted, letters(joined)) == joined
    assert compose(joined, letters(parted)) == parted
    assert compose(parted, letters("cafe")) == parted
    assert compose(joined, letters("caf")) == joined


@pytest.mark.parametrize(
    ("character", "name"),
    [("é", "'é'"), ("\u0301", "the mark U+0301"), ("\udcff", "the byte 0xff, which is not UTF-8"), ("\n", r"'\n'")],
)
def test_an_unknown_character_is_named_so_that_it_can_be_seen(character: str, name: str) -> None:
    assert describe_unknown(character, "left out") == f"the model does not know {name}: left out"
