"""Which of two is better: blocks that fit any tokenizer, and intervals that cover."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from seqgen.config import Budget, ByteConfig, CharConfig, SentencePieceConfig, TokenizerConfig, WordConfig
from seqgen.corpus import encode_text
from seqgen.evaluation import Blocks, Difference, Score, compare, restore_decoder, score_text, uncertainty
from seqgen.run import SavedModel, open_model
from tests import tiny

TEXT = tiny.TEXT * (1 + 15_000 // len(tiny.TEXT))


def scored(model: SavedModel, text: str) -> tuple[Score, Blocks]:
    encoded = encode_text([text], model.tokenizer)
    blocks = Blocks(model.tokenizer, encoded.n_bytes)
    return score_text(restore_decoder(model), model.tokenizer, encoded, observers=[blocks]), blocks


@pytest.mark.parametrize(
    "tokenizer", [CharConfig(), ByteConfig(), WordConfig(), SentencePieceConfig()], ids=lambda config: config.name
)
def test_blocks_hold_what_the_tokens_that_end_in_them_cost(tokenizer: TokenizerConfig, tmp_path: Path) -> None:
    model = open_model(tiny.trained(tmp_path / "run", tokenizer=tokenizer, budget=Budget(steps=2)))
    score, blocks = scored(model, TEXT)
    assert len(blocks.nats) == score.bytes // 500
    assert blocks.nats.sum() == pytest.approx(score.nats, rel=1e-9)
    expected = np.zeros(len(blocks.nats))
    ids = encode_text([TEXT], model.tokenizer).ids
    uniform = np.ones(len(ids))
    again = Blocks(model.tokenizer, score.bytes)
    for first in range(0, len(ids), 97):
        again.take(ids[first : first + 97], uniform[first : first + 97])
    n_read = 0
    for token in ids.tolist():
        n_read += len(model.tokenizer.token_bytes(token, 0))
        expected[min((n_read - 1) * len(expected) // score.bytes, len(expected) - 1)] += 1
    np.testing.assert_array_equal(again.nats, expected)


def test_a_model_and_its_copy_differ_by_nothing(run_folder: Path) -> None:
    model = open_model(run_folder)
    found = compare(scored(model, TEXT), scored(model, TEXT))
    assert found == Difference(0.0, 0.0)
    assert not found.is_certain
    assert "a and b cannot be told apart on this text (0.000 ± 0.000" in found.describe("a", "b")


def test_the_difference_is_that_of_the_bits_per_byte(run_folder: Path, tmp_path: Path) -> None:
    models = [open_model(run_folder), open_model(tiny.trained(tmp_path / "b", tokenizer=ByteConfig()))]
    one, other = (scored(model, TEXT) for model in models)
    found = compare(one, other)
    assert found is not None
    assert one[0].bits_per_byte is not None and other[0].bits_per_byte is not None
    assert found.bits_per_byte == pytest.approx(one[0].bits_per_byte - other[0].bits_per_byte)
    back = compare(other, one)
    assert back is not None
    assert back.bits_per_byte == pytest.approx(-found.bits_per_byte)


def test_a_text_too_short_to_tell_is_not_compared(run_folder: Path) -> None:
    model = open_model(run_folder)
    assert compare(scored(model, TEXT[:9000]), scored(model, TEXT[:9000])) is None


def planted(score: Score, blocks: Blocks, nats: np.ndarray) -> tuple[Score, Blocks]:
    """The same text under a model that pays so much in each block."""
    other = object.__new__(Blocks)
    other.nats = nats
    return dataclasses.replace(score, nats=float(nats.sum()), nats_without_oov=float(nats.sum())), other


def test_a_planted_difference_is_found_and_an_equal_model_is_not(run_folder: Path) -> None:
    """200 times each: one percent better, and equal; block costs that hang together, and noise of three percent."""
    score, blocks = scored(open_model(run_folder), TEXT)
    random = np.random.default_rng(1)
    n = len(blocks.nats)
    certain, covered = 0, 0
    for _ in range(200):
        base = blocks.nats * random.normal(1, 0.1, n)
        noise = base * random.normal(0, 0.01, n)
        better = compare(planted(score, blocks, base * 0.99 + noise), planted(score, blocks, base))
        equal = compare(planted(score, blocks, base + noise), planted(score, blocks, base))
        assert better is not None and equal is not None
        truth = -0.01 * base.sum() / (score.bytes * math.log(2))
        certain += better.is_certain and better.bits_per_byte < 0
        covered += abs(better.bits_per_byte - truth) <= better.plus_minus
        covered += not equal.is_certain
    assert certain > 190
    assert 0.90 * 400 < covered < 0.99 * 400


def test_the_interval_of_a_score_covers_as_it_claims(run_folder: Path) -> None:
    """200 texts whose blocks cost 2 bits a byte in the mean."""
    score, blocks = scored(open_model(run_folder), TEXT)
    random = np.random.default_rng(2)
    n = len(blocks.nats)
    mean = 2 * score.bytes * math.log(2) / n
    covered = 0
    for _ in range(200):
        one, own = planted(score, blocks, mean * random.normal(1, 0.2, n))
        width = uncertainty(one, own)
        assert one.bits_per_byte is not None and width is not None
        covered += abs(one.bits_per_byte - 2) <= width
    assert 0.88 * 200 < covered < 0.99 * 200
    assert uncertainty(*scored(open_model(run_folder), TEXT[:9000])) is None
