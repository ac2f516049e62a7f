"""What is special to characters: their order, those outside the vocabulary, and how likely they are."""

from __future__ import annotations

import pytest

from seqgen.config import CharConfig
from seqgen.tokenizers import MARK, Tokenizer, train_tokenizer


def train(text: str) -> Tokenizer:
    return train_tokenizer(CharConfig(), [text], n_bytes=len(text.encode("utf-8", "surrogatepass")))


def test_ids_follow_the_code_points() -> None:
    assert train("b😀aéb\n").encode("\nabé😀").ids.tolist() == [1, 2, 3, 4, 5]


def test_forms_of_one_letter_are_kept_apart() -> None:
    assert train("é e\u0301").vocab_size == 1 + len("é e\u0301")


def test_oov_characters_are_named_with_their_positions_marks_counted() -> None:
    encoding = train("abc").encode(f"xa{MARK}by{MARK}z")
    assert (encoding.oov, encoding.oov_at) == ("xyz", (0, 4, 6))
    assert encoding.ids.tolist() == [1, 0, 2, 0]
    assert encoding.oov_after == (0, 3, 4)


def test_positions_in_a_stream_count_from_its_start() -> None:
    encodings = train("abc\n").encode_stream(["ab\n", "ax\n", "a", "\ny"])
    assert [(*encoding.oov_at, *encoding.oov_after) for encoding in encodings if encoding.oov] == [(4, 4), (8, 7)]


def test_the_first_and_the_last_character_of_unicode_have_ids() -> None:
    assert train("\0\U0010ffff").encode("\U0010ffff\0").ids.tolist() == [2, 1]


@pytest.mark.parametrize(
    ("text", "probability"),
    [
        ("aab", 1 / 3),  # one character in three occurs once
        (f"aab{MARK}{MARK}", 1 / 3),
        ("aabb", 0.5 / 4),  # none does: half a character
        ("abcd", 0.5),  # all do: at most a half
        ("a" * 999 + "b", 1 / 1000),
    ],
)
def test_a_new_character_is_as_likely_as_one_that_occurs_once(text: str, probability: float) -> None:
    alphabet = train(text).alphabet
    assert alphabet is not None
    assert alphabet.oov_probability == pytest.approx(probability, rel=1e-12)
