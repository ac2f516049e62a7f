"""Which of two models is better: blocks that fit any tokenizer, and intervals that cover."""

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
from seqgen.run import SavedModel, open_model
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


def test_a_planted_difference_is_found_and_an_equal_model_is_not(run_folder: Path) -> None:
    """200 times each: a model 1 % better, and an equal one. Blocks differ by 10 %, the models by 1 % in each block."""
    text = scored(open_model(run_folder), TEXT)
    random = np.random.default_rng(1)
    n = len(text.blocks.nats)
    certain, covered = 0, 0
    for _ in range(200):
        base = text.blocks.nats * random.normal(1, 0.1, n)
        noise = base * random.normal(0, 0.01, n)
        better = compare(planted(text, base * 0.99 + noise), planted(text, base))
        equal = compare(planted(text, base + noise), planted(text, base))
        assert better is not None and equal is not None
        truth = -0.01 * base.sum() / (text.score.n_bytes * math.log(2))
        certain += better.is_certain and better.bits_per_byte < 0
        covered += abs(better.bits_per_byte - truth) <= better.plus_minus
        covered += not equal.is_certain
    assert certain > 190
    assert 0.90 * 400 < covered < 0.99 * 400


def test_the_interval_of_a_score_covers_the_truth_as_often_as_it_claims(run_folder: Path) -> None:
    """200 texts whose blocks cost 2 bits per byte on average."""
    text = scored(open_model(run_folder), TEXT)
    random = np.random.default_rng(2)
    n = len(text.blocks.nats)
    mean = 2 * text.score.n_bytes * math.log(2) / n
    covered = 0
    for _ in range(200):
        sample = planted(text, mean * random.normal(1, 0.2, n))
        width = uncertainty(sample)
        assert sample.score.bits_per_byte is not None and width is not None
        covered += abs(sample.score.bits_per_byte - 2) <= width
    assert 0.88 * 200 < covered < 0.99 * 200
    assert uncertainty(scored(open_model(run_folder), TEXT[:9000])) is None
