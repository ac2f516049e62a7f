"""Which of two models is better: blocks that fit any tokenizer, and a verdict that claims no more than it knows."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from seqgen.config import Budget, ByteConfig, CharConfig, SentencePieceConfig, TokenizerConfig, WordConfig
from seqgen.corpus import encode_text
from seqgen.evaluation import (
    Blocks,
    Difference,
    ScoredText,
    compare,
    comparison_obstacle,
    restore_decoder,
    score_text,
    uncertainty,
)
from seqgen.evaluation.symbols import Symbols
from seqgen.intervals import half_width
from seqgen.run import SavedModel, open_model
from seqgen.tokenizers import Tokenizer, train_tokenizer
from tests import tiny

TEXT = tiny.TEXT * (1 + 15_000 // len(tiny.TEXT))


def scored(model: SavedModel, text: str) -> ScoredText:
    encoded = encode_text([text], model.tokenizer)
    blocks = Blocks(model.tokenizer, encoded.n_bytes)
    score = score_text(restore_decoder(model), encoded, tokenizer=model.tokenizer, observers=[blocks])
    return ScoredText(score, blocks)


@pytest.mark.parametrize(
    "tokenizer", [CharConfig(), ByteConfig(), WordConfig(), SentencePieceConfig()], ids=lambda config: config.name
)
def test_blocks_hold_the_nats_of_the_tokens_that_end_in_them(tokenizer: TokenizerConfig, tmp_path: Path) -> None:
    model = open_model(tiny.trained(tmp_path / "run", tokenizer=tokenizer, budget=Budget(steps=2)))
    text = scored(model, TEXT)
    n_bytes = text.score.n_bytes
    assert len(text.blocks.nats) == n_bytes // 500
    assert text.blocks.nats.sum() == pytest.approx(text.score.nats, rel=1e-9)
    expected = np.zeros(len(text.blocks.nats))
    ids = encode_text([TEXT], model.tokenizer).ids
    ones = np.ones(len(ids))
    counted = Blocks(model.tokenizer, n_bytes)
    for first in range(0, len(ids), 97):
        counted.take(ids[first : first + 97], ones[first : first + 97])
    n_read = 0
    for token in ids.tolist():
        n_read += len(model.tokenizer.token_bytes(token, 0))
        expected[min((n_read - 1) * len(expected) // n_bytes, len(expected) - 1)] += 1
    np.testing.assert_array_equal(counted.nats, expected)


def test_blocks_of_all_models_are_the_same_stretches_of_a_text_with_oov_characters() -> None:
    """A model of characters that has never seen é, and one of bytes: 15 of the 45 blocks are full of é."""
    text = "éééééabcde" * 500 + "abcdefghij" * 1500
    tokenizers = [
        train_tokenizer(CharConfig(), ["abcdefghij"], n_bytes=10),
        train_tokenizer(ByteConfig(), [], n_bytes=0),
    ]
    by_character, by_byte = (ones_in_blocks(tokenizer, text) for tokenizer in tokenizers)
    np.testing.assert_allclose(by_byte, 500)
    np.testing.assert_allclose(by_character, np.where(np.arange(45) < 15, 500 * 10 / 15, 500), atol=2)


def ones_in_blocks(tokenizer: Tokenizer, text: str) -> np.ndarray:
    """How many symbols each block of a text has."""
    encoded = encode_text([text], tokenizer)
    symbols, blocks = Symbols(encoded, tokenizer), Blocks(tokenizer, encoded.n_bytes)
    for first in range(0, len(encoded.ids), 997):
        taken, _ = symbols.charged(np.zeros(len(encoded.ids[first : first + 997])), first=first)
        blocks.take(taken, np.ones(len(taken)))
    return blocks.nats


def test_the_blocks_of_a_text_with_oov_characters_hold_all_its_nats(run_folder: Path) -> None:
    text = scored(open_model(run_folder), "漢é" * 300 + TEXT)
    assert text.score.n_oov == 600
    assert text.blocks.nats.sum() == pytest.approx(text.score.nats, rel=1e-9)
    assert text.blocks.nats[0] > 2 * text.blocks.nats[-1]


def test_a_model_and_its_copy_do_not_differ(run_folder: Path) -> None:
    model = open_model(run_folder)
    difference = compare(scored(model, TEXT), scored(model, TEXT), names=("a", "b"))
    assert difference == Difference(0.0, 0.0, "a", "b")
    assert not difference.is_certain
    assert "a and b cannot be told apart on this text (0.000 ± 0.000" in str(difference)


def test_the_difference_is_that_of_the_bits_per_byte(run_folder: Path, tmp_path: Path) -> None:
    models = [open_model(run_folder), open_model(tiny.trained(tmp_path / "b", tokenizer=ByteConfig()))]
    first, second = (scored(model, TEXT) for model in models)
    difference, reverse = compare(first, second), compare(second, first)
    assert difference is not None and reverse is not None
    assert first.score.bits_per_byte is not None and second.score.bits_per_byte is not None
    assert difference.bits_per_byte == pytest.approx(first.score.bits_per_byte - second.score.bits_per_byte)
    assert reverse.bits_per_byte == pytest.approx(-difference.bits_per_byte)


def test_a_short_text_is_not_compared(run_folder: Path) -> None:
    model = open_model(run_folder)
    short = scored(model, TEXT[:9000])
    assert compare(short, short) is None
    obstacle = "a comparison needs a text of 10,000 bytes or more, and this one has 9,000"
    assert comparison_obstacle(short.score, short.score) == obstacle
    long = scored(model, TEXT)
    assert comparison_obstacle(long.score, long.score) is None


def test_texts_without_bits_per_byte_are_not_compared(run_folder: Path) -> None:
    long = scored(open_model(run_folder), TEXT)
    lossy = ScoredText(dataclasses.replace(long.score, is_lossless=False), long.blocks)
    assert compare(long, lossy) is None
    assert "no bits per byte" in str(comparison_obstacle(long.score, lossy.score))


def planted(text: ScoredText, nats: np.ndarray) -> ScoredText:
    """The same text under a model that needs these nats in each block."""
    blocks = object.__new__(Blocks)
    blocks.nats = nats
    total = float(nats.sum())
    return ScoredText(dataclasses.replace(text.score, nats=total, nats_without_oov=total), blocks)


def test_a_large_planted_difference_is_found_and_an_equal_model_is_not(run_folder: Path) -> None:
    """200 times each: a model 5 % better, and an equal one. Blocks differ by 10 %, the models by 1 % in each block."""
    text = scored(open_model(run_folder), TEXT)
    random = np.random.default_rng(1)
    n = len(text.blocks.nats)
    found, confused = 0, 0
    for _ in range(200):
        base = text.blocks.nats * random.normal(1, 0.1, n)
        noise = base * random.normal(0, 0.01, n)
        better = compare(planted(text, base * 0.95 + noise), planted(text, base))
        equal = compare(planted(text, base + noise), planted(text, base))
        assert better is not None and equal is not None
        found += better.is_certain and better.bits_per_byte < 0
        confused += equal.is_certain
    assert found > 190
    assert confused < 10


def test_models_that_take_turns_at_being_better_cannot_be_told_apart(run_folder: Path) -> None:
    """One model is better in the first two thirds of a text and worse in the last: a longer text may go either way."""
    text = scored(open_model(run_folder), TEXT)
    base = text.blocks.nats
    lead = np.where(np.arange(len(base)) < 2 * len(base) // 3, 0.95, 1.05)
    difference = compare(planted(text, base * lead), planted(text, base))
    assert difference is not None and not difference.is_certain


def test_the_interval_of_a_score_is_that_of_the_bits_per_byte_of_its_blocks(run_folder: Path) -> None:
    text = scored(open_model(run_folder), TEXT * 4)
    nats = text.blocks.nats * np.random.default_rng(2).normal(1, 0.2, len(text.blocks.nats))
    block_bytes = text.score.n_bytes / len(nats)
    assert uncertainty(planted(text, nats)) == pytest.approx(half_width(nats / block_bytes / math.log(2)))


def test_a_score_has_an_interval_from_50000_bytes_on(run_folder: Path) -> None:
    text = scored(open_model(run_folder), TEXT)
    long_enough, too_short = (
        ScoredText(dataclasses.replace(text.score, n_bytes=n_bytes), text.blocks) for n_bytes in (50_000, 49_999)
    )
    assert uncertainty(long_enough) is not None
    assert uncertainty(too_short) is None
