"""Vocabularies in the tokenizers library: the same ids, and the same texts."""

from __future__ import annotations

import random

import pytest
from tokenizers import Tokenizer as HfTokenizer
from tokenizers.decoders import DecodeStream

from seqgen.config import SentencePieceConfig
from seqgen.errors import TokenizerError
from seqgen.export.end_of_text_name import end_of_text_name
from seqgen.export.hf_tokenizer import BUILDERS, build_tokenizer, notes_on
from seqgen.tokenizers import TOKENIZERS, train_tokenizer
from seqgen.tokenizers.label import LabelTokenizer
from tests.export.hf_tokenizer.examples import CONFIGS, SEPARATORS, ids_of, known, trained
from tests.export.scripts import NASTY

every_tokenizer = pytest.mark.parametrize("name", CONFIGS)
every_separator = pytest.mark.parametrize("separator", SEPARATORS)


def read(built: HfTokenizer, text: str) -> list[int]:
    ids: list[int] = built.encode(text, add_special_tokens=False).ids
    return ids


def test_every_tokenizer_of_texts_has_a_builder() -> None:
    assert set(BUILDERS) == set(TOKENIZERS)


@every_tokenizer
def test_two_thousand_texts_of_many_scripts_have_the_same_ids(name: str) -> None:
    tokenizer, built = trained(name), build_tokenizer(trained(name))
    assert [text for text in known(name) if read(built, text) != ids_of(tokenizer, text)] == []


def test_unigram_ids_differ_only_in_the_order_of_equal_pieces() -> None:
    numbers = random.Random(5)
    texts = ["".join(numbers.choices("abc  ", k=40)) for _ in range(1000)]
    corpus = "\n".join(texts)
    config = SentencePieceConfig(vocab_size=450, sentencepiece_model="unigram")
    tokenizer = train_tokenizer(config, [corpus], n_bytes=len(corpus))
    built = build_tokenizer(tokenizer)
    others = [text for text in texts if read(built, text) != ids_of(tokenizer, text)]
    assert 0 < len(others) < 100
    assert all(sorted(read(built, text)) == sorted(ids_of(tokenizer, text)) for text in others)
    assert "other order" in notes_on(tokenizer)[0]


@every_separator
@every_tokenizer
def test_a_separator_in_a_text_is_the_end_of_text_token(name: str, separator: str) -> None:
    tokenizer, built = trained(name, separator), build_tokenizer(trained(name, separator))
    some = known(name, separator)[:100] + NASTY
    texts = [*some, f"{separator}{separator}", f" {separator} ".join(some)]
    assert [text for text in texts if read(built, text) != ids_of(tokenizer, text)] == []


@every_separator
@every_tokenizer
def test_ids_are_decoded_alike_whole_and_streamed(name: str, separator: str) -> None:
    """Without a separator, the end-of-text token has no text, and is skipped."""
    tokenizer, built = trained(name, separator), build_tokenizer(trained(name, separator))
    for text in [*known(name, separator)[:100], *NASTY]:
        ids = [0, *ids_of(tokenizer, text), 0]
        stream = DecodeStream(skip_special_tokens=not separator)
        assert built.decode(ids, skip_special_tokens=not separator) == tokenizer.decode(ids)
        assert "".join(stream.step(built, token) or "" for token in ids) == tokenizer.decode(ids)


@every_separator
@every_tokenizer
def test_the_end_of_text_token_is_never_decoded_to_nothing(name: str, separator: str) -> None:
    """Programs that look for it in a text would find nothing everywhere, and stop at once."""
    tokenizer = trained(name, separator)
    found = build_tokenizer(tokenizer).decode([0], skip_special_tokens=False)
    assert found == end_of_text_name(tokenizer) != ""


@pytest.mark.parametrize("name", ["char", "byte", "word", "whitespace"])
def test_any_ids_are_decoded_alike(name: str) -> None:
    tokenizer, built = trained(name, "\n"), build_tokenizer(trained(name, "\n"))
    numbers = random.Random(1)
    for _ in range(50):
        ids = numbers.choices(range(tokenizer.vocab_size), k=20)
        assert built.decode(ids, skip_special_tokens=False) == tokenizer.decode(ids)


@every_tokenizer
def test_a_long_line_is_cut_at_the_same_places(name: str) -> None:
    tokenizer, built = trained(name), build_tokenizer(trained(name))
    words = next(text for text in known(name) if len(text.split()) > 5).split()
    text = f"{' '.join(words * 400)}\n{words[0]}\t{' '.join(words * 200)}"
    assert len(text) > 2 * 4096
    assert read(built, text) == ids_of(tokenizer, text)
    if name != "whitespace":
        assert read(built, words[0] * 5000) == ids_of(tokenizer, words[0] * 5000)


@pytest.mark.parametrize("letters", ["ab", "aaab-", "ab  "])
def test_pieces_that_overlap_are_joined_in_the_same_order(letters: str) -> None:
    numbers = random.Random(2)
    texts = ["".join(numbers.choices(letters, k=numbers.randrange(1, 60))) for _ in range(1500)]
    corpus = "\n".join(texts)
    tokenizer = train_tokenizer(SentencePieceConfig(vocab_size=400), [corpus], n_bytes=len(corpus))
    built = build_tokenizer(tokenizer)
    assert [text for text in texts if read(built, text) != ids_of(tokenizer, text)] == []


@every_tokenizer
def test_a_text_begins_with_the_end_of_text_token(name: str) -> None:
    built = build_tokenizer(trained(name))
    assert built.encode("").ids == [0]


def test_a_name_that_the_vocabulary_uses_is_not_the_name_of_the_end_of_text_token() -> None:
    corpus = "<|endoftext|> " * 50
    tokenizer = train_tokenizer(CONFIGS["whitespace"], [corpus], n_bytes=len(corpus))
    built = build_tokenizer(tokenizer)
    assert built.id_to_token(0) == "<|endoftext1|>"
    assert read(built, "<|endoftext|>") == ids_of(tokenizer, "<|endoftext|>") == [2]


def test_a_word_outside_a_closed_vocabulary_is_refused_and_noted() -> None:
    built = build_tokenizer(trained("whitespace"))
    with pytest.raises(Exception, match="Missing"):
        built.encode("a-word-that-is-nowhere")
    assert notes_on(trained("whitespace")) == (
        "a word that the vocabulary lacks is an error of the tokenizers library, which names a missing [UNK] token",
    )


@pytest.mark.parametrize("name", ["char", "byte", "word"])
def test_vocabularies_that_are_exact_have_no_notes(name: str) -> None:
    assert notes_on(trained(name)) == ()


def test_labels_are_refused() -> None:
    with pytest.raises(TokenizerError, match="the tokenizer label cannot be exported: it must be one of char"):
        build_tokenizer(LabelTokenizer(["yes", "no"]))
