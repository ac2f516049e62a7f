"""Sources in the characters that a model of pairs knows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seqgen.config import CharConfig, WhitespaceConfig
from seqgen.corpus.encoded_pairs import train_on_texts
from seqgen.errors import CorpusError
from seqgen.run import SavedModel
from seqgen.sampling.sources import source_reader
from seqgen.tokenizers import MARK, train_tokenizer
from seqgen.tokenizers.byte import ByteTokenizer
from tests.sampling.pair_models import pair_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SavedModel:
    """A model whose sources have the letters a to d, and at most 6 tokens."""
    return pair_model(tmp_path_factory.mktemp("runs") / "gru", "gru")


def test_an_unknown_character_is_read_as_its_nearest_form(model: SavedModel) -> None:
    reader = source_reader(model)
    assert [ids.tolist() for ids in reader.read(["Ábc", "abc"])] == [[1, 2, 3, 0]] * 2
    assert reader.new_notes() == ["the model does not know 'Á': read as 'a'"]


def test_a_character_without_a_known_form_becomes_the_unknown_token_in_its_place(model: SavedModel) -> None:
    reader = source_reader(model)
    assert reader.read(["a漢b"])[0].tolist() == [1, 5, 2, 0]
    assert reader.new_notes() == ["the model does not know '漢': read as the unknown token"]


def test_a_character_is_noted_once_and_not_for_every_source(model: SavedModel) -> None:
    reader = source_reader(model)
    reader.read(["x", "xx"])
    assert len(reader.new_notes()) == 1
    reader.read(["axa"])
    assert reader.new_notes() == []


def test_many_unknown_characters_bring_few_notes(model: SavedModel) -> None:
    reader = source_reader(model)
    reader.read([chr(0x4E00 + number) for number in range(500)])
    notes = reader.new_notes()
    assert len(notes) == 21
    assert "no more notes" in notes[-1]


def test_a_source_longer_than_any_in_training_is_noted_once(model: SavedModel) -> None:
    reader = source_reader(model)
    reader.read(["abcd", "abcdabcd", "abcdabcda"])
    reader.read(["abcdabcd"])
    assert reader.new_notes() == [
        "a source has 10 tokens, and the longest one in training had 6: its target may be poor"
    ]


@pytest.mark.parametrize("source", ["", MARK, "\x1f", "\udce9", "a\nb", "\0"])
def test_every_text_can_be_a_source(model: SavedModel, source: str) -> None:
    for tokenizer in (train_tokenizer(CharConfig(), ["abcd"], n_bytes=4), ByteTokenizer()):
        (ids,) = source_reader(replace(model, source_tokenizer=tokenizer)).read([source])
        assert ids.tolist().count(0) == 1
        assert ids[-1] == 0


def test_a_word_that_a_closed_vocabulary_lacks_becomes_the_unknown_token(model: SavedModel) -> None:
    words = train_on_texts(WhitespaceConfig(), ["the cat", "the mat"])
    reader = source_reader(replace(model, source_tokenizer=words))
    (known,), (unknown,) = reader.read(["the mat"]), reader.read(["the dog"])
    assert unknown.tolist() == [known[0], words.vocab_size, 0]
    assert reader.new_notes() == ["the model does not know the word 'dog': read as the unknown token"]
    first, second = reader.read(["The MAT", "the mat"])
    assert np.array_equal(first, second)
    assert reader.new_notes() == [
        "the model does not know the word 'The': read as 'the'",
        "the model does not know the word 'MAT': read as 'mat'",
    ]


def test_a_transformer_refuses_a_source_that_would_take_it_very_long(model: SavedModel, tmp_path: Path) -> None:
    long = "ab" * 100_000
    assert len(source_reader(model).read([long])[0]) == 200_001
    with pytest.raises(CorpusError, match=r"^the source 'abab.*'… has 200,001 tokens, .* at most 32,768: .* shorten"):
        source_reader(pair_model(tmp_path / "run", "transformer")).read(["abc", long])


@pytest.mark.parametrize(("longest", "most"), [(6, 32_768), (40_000, 40_000), (10**9, 131_072)])
def test_a_transformer_reads_what_it_read_in_training_whatever_the_record_claims(
    longest: int, most: int, tmp_path: Path
) -> None:
    model = pair_model(tmp_path / "run", "transformer")
    corpus = model.record.corpus
    parts = {**corpus.parts, "train": replace(corpus.parts["train"], longest_source=longest)}
    model = replace(model, record=replace(model.record, corpus=replace(corpus, parts=parts)))
    assert source_reader(model)._most == most


def test_the_longest_source_and_target_are_kept_in_the_record(model: SavedModel, tmp_path: Path) -> None:
    part = model.record.corpus.parts["train"]
    assert (part.longest_source, part.longest_target) == (6, 6)
