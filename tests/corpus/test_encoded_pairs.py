"""Pairs as ids: what each source and target becomes, and what no vocabulary covers."""

from __future__ import annotations

import numpy as np
import pytest

from seqgen.config import (
    ByteConfig,
    CharConfig,
    LabelConfig,
    SentencePieceConfig,
    TokenizerConfig,
    WhitespaceConfig,
    WordConfig,
)
from seqgen.corpus import Pair, SourceReader, encode_pairs
from seqgen.corpus.encoded_pairs import train_on_texts
from seqgen.corpus.record import PartSizes
from seqgen.errors import CorpusError
from seqgen.tokenizers import END_OF_TEXT
from tests.corpus.pairs import REVERSALS, encoded
from tests.tiny import TEXT

LINES = TEXT.split("\n")[:20]


@pytest.mark.parametrize(
    "config", [CharConfig(), ByteConfig(), WordConfig(), SentencePieceConfig()], ids=lambda config: config.name
)
def test_every_text_has_the_ids_that_it_has_alone(config: TokenizerConfig) -> None:
    texts = [*LINES, "", "two\nlines"]
    tokenizer = train_on_texts(config, texts)
    pairs = encode_pairs([Pair(text, text[::-1]) for text in texts], tokenizer, tokenizer)
    for number, text in enumerate(texts):
        assert pairs.source(number).tolist() == [*tokenizer.encode(text).ids.tolist(), END_OF_TEXT]
        assert pairs.target(number).tolist() == [*tokenizer.encode(text[::-1]).ids.tolist(), END_OF_TEXT]
    assert pairs.n_pairs == len(texts)
    assert pairs.source_lengths.sum() == len(pairs.sources)


def test_texts_that_are_encoded_in_several_blocks_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = encoded(REVERSALS)
    monkeypatch.setattr("seqgen.corpus.encoded_texts.BLOCK", 3)
    parts = encoded(REVERSALS)
    for name in ("sources", "source_starts", "targets", "target_starts"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name))


def test_the_unknown_id_stands_where_a_source_has_an_unknown_character() -> None:
    letters = train_on_texts(CharConfig(), ["abc"])
    sources = ["?a??b?", "ab", "?"]
    expected = [[4, 1, 4, 4, 2, 4, 0], [1, 2, 0], [4, 0]]
    assert [ids.tolist() for ids in SourceReader(letters).read(sources)] == expected
    pairs = encode_pairs([Pair(source, "a!b") for source in sources], letters, letters)
    assert [pairs.source(number).tolist() for number in range(3)] == expected
    assert (pairs.n_source_oov, pairs.unknown_id) == (5, letters.vocab_size)


def test_an_unknown_character_of_a_source_is_read_as_its_nearest_form_and_counted() -> None:
    letters = train_on_texts(CharConfig(), ["abc"])
    pairs = encode_pairs([Pair("Á漢c", "a"), Pair("a", "b")], letters, letters)
    assert pairs.source(0).tolist() == [1, 4, 3, 0]
    assert (pairs.n_source_oov, pairs.n_source_unknown) == (2, 1)


def test_a_word_of_a_source_that_a_closed_vocabulary_lacks_is_read_as_its_nearest_form_or_as_unknown() -> None:
    words, letters = train_on_texts(WhitespaceConfig(), ["the cat", "the mat"]), train_on_texts(CharConfig(), ["abc"])
    pairs = encode_pairs([Pair("the mat", "a"), Pair("The  dog", "b")], words, letters)
    the, mat, _ = pairs.source(0).tolist()
    assert pairs.source(1).tolist() == [the, words.vocab_size, 0] and mat != the
    assert (pairs.n_source_oov, pairs.n_source_unknown) == (2, 1)


def test_sources_have_the_line_ends_of_the_training_text() -> None:
    letters = train_on_texts(CharConfig(), ["a\n"])
    read = [encode_pairs([Pair("a\r\na", "a")], letters, letters, line_ends=way) for way in ("newline", "keep")]
    assert [pairs.source(0).tolist() for pairs in read] == [[2, 1, 2, 0], [2, 3, 1, 2, 0]]


def test_unknown_characters_of_targets_are_left_out_and_counted() -> None:
    letters = train_on_texts(CharConfig(), ["abc"])
    pairs = encode_pairs([Pair("a", "a!b"), Pair("b", "é")], letters, letters)
    assert pairs.targets.tolist() == [1, 2, 0, 0]
    assert (pairs.n_target_oov, pairs.n_target_characters, pairs.n_target_bytes) == (2, 4, 5)


def test_a_label_is_one_id_without_an_end_and_an_unknown_label_is_none() -> None:
    letters, labels = train_on_texts(CharConfig(), ["abc"]), train_on_texts(LabelConfig(), ["yes", "no", "yes"])
    pairs = encode_pairs([Pair("a", "no"), Pair("b", "perhaps"), Pair("c", "yes")], letters, labels)
    assert pairs.targets.tolist() == [2, 1]
    assert pairs.target_lengths.tolist() == [1, 0, 1]
    assert pairs.n_target_oov == 1


def test_an_empty_label_that_was_trained_on_has_an_id() -> None:
    assert encoded([Pair("a", ""), Pair("b", "x"), Pair("c", "")], has_labels=True).targets.tolist() == [1, 2, 1]


@pytest.mark.parametrize(("target", "expected"), [("one two", True), ("one  two", False)])
def test_targets_that_do_not_come_back_are_noticed(target: str, expected: bool) -> None:
    tokenizer = train_on_texts(WhitespaceConfig(), ["one two"])
    assert encode_pairs([Pair("one", "two"), Pair("two", target)], tokenizer, tokenizer).is_lossless == expected


def test_the_first_source_that_is_longer_than_those_of_training_is_noted() -> None:
    reader = SourceReader(train_on_texts(CharConfig(), ["a"]), longest=3)
    reader.read(["aa"])
    assert reader.new_notes() == []
    reader.read(["aaa"])
    reader.read(["aaaa"])
    assert reader.new_notes() == [
        "a source has 4 tokens, and the longest one in training had 3: its target may be poor"
    ]
    assert reader.new_notes() == []


def test_a_source_that_is_longer_than_what_is_accepted_is_refused() -> None:
    reader = SourceReader(train_on_texts(CharConfig(), ["ab"]), most=3)
    reader.read(["ab"])
    with pytest.raises(CorpusError, match="the source 'aab'… has 4 tokens, and this model reads at most 3"):
        reader.read(["b", "aab"])


def test_unknown_characters_and_words_are_noted_once_and_up_to_a_number() -> None:
    reader = SourceReader(train_on_texts(WhitespaceConfig(), ["the cat"]), most_notes=2)
    reader.read(["The dog", "The dog"])
    assert reader.new_notes() == [
        "the model does not know the word 'The': read as 'the'",
        "the model does not know the word 'dog': read as the unknown token",
    ]
    reader.read(["fox ox"])
    assert reader.new_notes() == ["more characters or words are unknown; there are no more notes on them"]


def test_no_source_has_no_ids_and_a_single_one_its_own() -> None:
    reader = SourceReader(train_on_texts(CharConfig(), ["a"]))
    assert reader.read([]) == []
    assert [ids.tolist() for ids in reader.read(["a"])] == [[1, 0]]


def test_the_sizes_are_those_of_the_targets_with_the_longest_of_both() -> None:
    letters = train_on_texts(CharConfig(), ["ab"])
    pairs = [Pair("aba", "é"), Pair("a", "ab")]
    assert encode_pairs(pairs, letters, letters).sizes == PartSizes(
        n_tokens=4, n_characters=3, n_bytes=4, n_oov=1, longest_source=4, longest_target=3
    )
    nothing = encode_pairs([], letters, letters).sizes
    assert nothing == PartSizes(n_tokens=0, n_characters=0, n_bytes=0, n_oov=0)


def test_the_first_pairs_are_the_same_without_the_others() -> None:
    pairs = encoded(REVERSALS)
    first = pairs.first(3)
    assert first.n_pairs == 3
    for number in range(3):
        assert np.array_equal(first.source(number), pairs.source(number))
        assert np.array_equal(first.target(number), pairs.target(number))
    assert len(first.sources) == first.source_lengths.sum() and len(first.targets) == first.target_lengths.sum()
