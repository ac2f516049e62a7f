"""Scores: exact on models whose answer is known, honest about what they leave out."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from seqgen.config import (
    Budget,
    ByteConfig,
    CharConfig,
    SentencePieceConfig,
    TokenizerConfig,
    WhitespaceConfig,
    WordConfig,
)
from seqgen.corpus import encode_part, encode_text, reopen_part
from seqgen.errors import CorpusError
from seqgen.evaluation import Context, Score, restore_decoder, score_text
from seqgen.run import SavedModel, open_model
from tests import tiny


def score(model: SavedModel, text: str) -> Score:
    encoded = encode_text([model.tokenizer.mark(text)], model.tokenizer)
    return score_text(restore_decoder(model), encoded, tokenizer=model.tokenizer)


def uniform(model: SavedModel) -> SavedModel:
    """The same model with every weight zero, so that all tokens have the same probability."""
    for array in model.weights.values():
        array[...] = 0
    return model


@pytest.mark.parametrize("tokenizer", [CharConfig(), ByteConfig(), WordConfig(), SentencePieceConfig()])
def test_the_perplexity_of_a_uniform_model_is_its_vocabulary_size(tokenizer: TokenizerConfig, tmp_path: Path) -> None:
    model = uniform(open_model(tiny.trained(tmp_path / "run", tokenizer=tokenizer)))
    result = score(model, tiny.TEXT[:700])
    assert result.perplexity == pytest.approx(model.tokenizer.vocab_size, rel=1e-5)
    assert result.nats == pytest.approx(result.n_tokens * math.log(model.tokenizer.vocab_size), rel=1e-6)
    assert result.bits_per_character == pytest.approx(result.nats / 700 / math.log(2), rel=1e-12)


def test_bits_per_byte_count_the_bytes_of_the_text(tmp_path: Path) -> None:
    model = open_model(tiny.trained(tmp_path / "run", text="ééééaa" * 50))
    result = score(model, "éa")
    assert (result.n_characters, result.n_bytes) == (2, 3)
    assert result.bits_per_byte is not None
    assert result.bits_per_character == pytest.approx(result.bits_per_byte * 1.5)


def test_the_first_character_is_counted(run_folder: Path) -> None:
    assert score(open_model(run_folder), "M").n_tokens == 1


def test_evaluation_agrees_with_the_validation_score_of_training(tmp_path: Path) -> None:
    """Nearly: evaluation reads one stream, and validation several, each of which begins from an empty state."""
    model = open_model(tiny.trained(tmp_path / "run", budget=Budget(steps=60)))
    part = encode_part(reopen_part(model.record.corpus, "valid"), model.tokenizer)
    result = score_text(restore_decoder(model), part, tokenizer=model.tokenizer)
    assert result.nats_per_token == pytest.approx(model.record.progress.valid_nats_per_token, rel=0.02)


def test_out_of_vocabulary_characters_cost_what_the_formula_says(run_folder: Path) -> None:
    model = open_model(run_folder)
    assert model.tokenizer.alphabet is not None
    known, escape = len(model.tokenizer.alphabet.characters), model.tokenizer.alphabet.oov_probability
    text = tiny.TEXT[:200]
    without, with_two = score(model, text), score(model, text[:100] + "ЖЩ" + text[100:])
    extra = -200 * math.log1p(-escape) + 2 * (-math.log(escape) + math.log(1_112_064 - known))
    assert with_two.nats == pytest.approx(without.nats + extra, rel=1e-9)
    assert (with_two.n_oov, with_two.n_characters, with_two.n_tokens) == (2, 202, 200)
    assert with_two.oov_probability == escape
    assert without.oov_probability is None


def test_whitespace_words_have_bits_only_for_a_text_that_they_give_back(tmp_path: Path) -> None:
    text = "the cat sat\non the mat\n" * 60
    model = open_model(tiny.trained(tmp_path / "run", text=text, tokenizer=WhitespaceConfig()))
    assert score(model, "the cat\n").bits_per_character is not None
    loose = score(model, " the  cat \n")
    assert (loose.bits_per_character, loose.bits_per_byte) == (None, None)
    assert loose.nats_per_token == pytest.approx(score(model, "the cat\n").nats_per_token)


@pytest.mark.parametrize(("text", "words"), [("", "is empty"), ("ЖЩ", "none of the 2 characters")])
def test_a_text_with_nothing_to_score_is_refused(text: str, words: str, run_folder: Path) -> None:
    with pytest.raises(CorpusError, match=words):
        score(open_model(run_folder), text)


def test_documents_are_scored_with_their_separators(tmp_path: Path) -> None:
    model = uniform(open_model(tiny.trained(tmp_path / "run", documents="line")))
    result = score(model, "Mina\nOro\n")
    assert (result.n_tokens, result.n_characters, result.n_oov) == (9, 9, 0)


def test_a_perplexity_beyond_a_float_is_infinite_and_null_in_json() -> None:
    result = Score(
        mode=Context(),
        n_tokens=1,
        n_characters=1,
        n_bytes=1,
        n_words=1,
        nats=800.0,
        nats_without_oov=800.0,
        n_oov=0,
        oov_probability=None,
        is_lossless=True,
    )
    assert result.perplexity == np.inf
    assert result.perplexity_per_word == np.inf
    assert result.to_json()["perplexity"] is result.to_json()["perplexity_per_word"] is None


def test_words_are_separated_by_white_space(tmp_path: Path) -> None:
    model = uniform(open_model(tiny.trained(tmp_path / "run", tokenizer=ByteConfig())))
    for text, n_words in (("a bc  d\n\ne ", 4), (" ", 0), ("Mina", 1)):
        result = score(model, text)
        assert result.n_words == n_words
        expected = math.exp(result.nats / n_words) if n_words else None
        assert result.perplexity_per_word == (pytest.approx(expected) if expected else None)
    pieces = encode_text(["a b", "c", " d", "", "e ", " f"], model.tokenizer)
    assert pieces.n_words == 4


def test_known_characters_cost_the_same_beside_out_of_vocabulary_ones(run_folder: Path) -> None:
    model = open_model(run_folder)
    known, mixed = score(model, tiny.TEXT[:200]), score(model, tiny.TEXT[:200] + "漢漢漢")
    assert mixed.nats_without_oov == pytest.approx(known.nats)
    assert mixed.bits_per_known_character == pytest.approx(known.bits_per_character)
    assert mixed.nats > known.nats
