"""What is special to the classic benchmark rule: a closed vocabulary and a normal form."""

from __future__ import annotations

import pytest

from seqgen.config import WhitespaceConfig
from seqgen.errors import TokenizerError
from seqgen.tokenizers import MARK, Tokenizer, train_tokenizer

TEXT = "the cat saw the dog\nthe dog ran\n"


def train(text: str = TEXT, vocab_size: int | None = None) -> Tokenizer:
    return train_tokenizer(
        WhitespaceConfig(vocab_size=vocab_size), [text], n_bytes=len(text.encode("utf-8", "surrogatepass"))
    )


def test_the_line_end_comes_first_then_words_the_most_frequent_first() -> None:
    tokenizer = train()
    assert tokenizer.encode("\nthe dog cat ran saw").ids.tolist() == [1, 2, 3, 4, 5, 6]
    assert tokenizer.vocab_size == 7


@pytest.mark.parametrize("text", [TEXT, "\n\nthe cat\n\n", "the cat", "<unk> N $ the\n"])
def test_a_text_in_its_normal_form_comes_back(text: str) -> None:
    tokenizer = train(TEXT + "<unk> N $\n")
    assert tokenizer.decode(tokenizer.encode(text).ids.tolist()) == text


@pytest.mark.parametrize("text", ["the  cat\n", " the cat\n", "the cat \n", "the\tcat\r\n"])
def test_other_spacing_is_brought_into_the_normal_form(text: str) -> None:
    assert not train().is_lossless
    assert train().decode(train().encode(text).ids.tolist()) == "the cat\n"


def test_a_word_outside_the_vocabulary_is_refused() -> None:
    with pytest.raises(TokenizerError, match=r"'mouse' is not in the closed vocabulary.*<unk>"):
        train().encode("the cat saw the mouse\n")


def test_the_first_word_of_a_document_has_no_space_before_it() -> None:
    tokenizer = train(f"the cat{MARK}the dog")
    assert tokenizer.decode(tokenizer.encode(f"the cat{MARK}the dog").ids.tolist()) == "the catthe dog"


def test_a_line_longer_than_a_segment_is_cut_between_words() -> None:
    text = "the cat " * 2000 + "dog\n"
    assert train(text).decode(train(text).encode(text).ids.tolist()) == text


@pytest.mark.parametrize("text", ["ab\t" * 2000 + "\n", "cat " + "x" * 5000 + "\n"], ids=["tabs", "word"])
def test_the_text_that_the_vocabulary_was_made_of_is_never_refused(text: str) -> None:
    assert len(train(text).encode(text).ids) > 1


def test_a_size_with_room_to_spare_makes_no_larger_vocabulary() -> None:
    assert train(vocab_size=7).vocab_size == train(vocab_size=50).vocab_size == 7


def test_a_size_without_room_for_every_word_is_refused() -> None:
    with pytest.raises(TokenizerError, match=r"5 words.*--vocab-size 7 or more"):
        train(vocab_size=6)
