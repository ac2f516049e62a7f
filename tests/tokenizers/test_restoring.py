"""The state of a tokenizer in a file, which may hold anything."""

from __future__ import annotations

from typing import Any

import pytest

from seqgen.tokenizers import MARK, restore_tokenizer
from seqgen.tokenizers.alphabet import Alphabet
from seqgen.tokenizers.restoring import read_alphabet, read_text, require_distinct


@pytest.mark.parametrize("text", [None, 7, ["a"], MARK, "a\udfff"])
def test_what_is_not_a_text_of_whole_characters_is_refused(text: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        read_text({"name": text}, "name")


@pytest.mark.parametrize(
    ("characters", "probability"),
    [
        ("ba", 0.5),
        ("aab", 0.5),
        ("abb", 0.5),
        (MARK, 0.5),
        ("ab", 0.0),
        ("ab", 1.0),
        ("ab", 1),
        ("ab", "0.5"),
        (7, 0.5),
    ],
)
def test_an_alphabet_out_of_order_or_without_a_probability_is_refused(characters: Any, probability: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        read_alphabet({"characters": characters, "unseen_probability": probability})


def test_an_alphabet_in_order_is_read() -> None:
    assert read_alphabet({"characters": "abé", "unseen_probability": 0.9}) == Alphabet("abé", 0.9)
    assert read_alphabet({"characters": "", "unseen_probability": 0.1}) == Alphabet("", 0.1)


@pytest.mark.parametrize("tokens", [["a", "a"], ["a", 7], [7, "a"], ["a", MARK], [f"a{MARK}b"], ["\udfff"]])
def test_tokens_that_are_equal_or_no_texts_are_refused(tokens: Any) -> None:
    with pytest.raises(ValueError, match=r"differ|surrogates"):
        require_distinct(tokens)


@pytest.mark.parametrize("lengths", [[2, 3], [2, 1], [0, 4], [5, -1], [2, 2.0], [True, 3]])
def test_words_whose_lengths_do_not_fit_their_text_are_refused(lengths: Any) -> None:
    state = {"characters": "ab", "unseen_probability": 0.5, "separator": "", "lengths": lengths}
    restored = restore_tokenizer("word", {**state, "lengths": [1, 3]}, bulk=b"aaba")
    assert [restored.decode([token]) for token in (1, 2, 3, 4)] == ["a", "b", "a", "aba"]
    with pytest.raises(ValueError, match="do not fit"):
        restore_tokenizer("word", state, bulk=b"aaba")


@pytest.mark.parametrize(("bulk", "words"), [(b"", "is missing"), (b"a model", "a field that seqgen does not write")])
def test_a_model_of_sentencepiece_that_is_missing_or_not_ours_is_refused(bulk: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=f"the model of the library .*{words}"):
        restore_tokenizer("sentencepiece", {"separator": ""}, bulk=bulk)
