"""Baselines: exact where they can be, and knowing just the training text."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import numpy as np
import pytest

from seqgen.config import ByteConfig
from seqgen.corpus import encode_text
from seqgen.evaluation import compress_text, ngram_scores
from seqgen.evaluation.compressors import COMPRESSORS
from seqgen.run import open_model
from tests import tiny


def test_uniform_unigram_and_the_best_ngram_stand_in_order(run_folder: Path) -> None:
    tokenizer = open_model(run_folder).tokenizer
    train, valid, scored = (encode_text([text], tokenizer) for text in (tiny.TEXT, tiny.TEXT[:300], tiny.TEXT[50:600]))
    scores = dict(ngram_scores(tokenizer, train=train, valid=valid, scored=scored))
    uniform, unigram, best = scores.values()
    assert list(scores)[:2] == ["uniform", "unigram"]
    assert uniform.perplexity == pytest.approx(tokenizer.vocab_size)
    assert best.nats < unigram.nats < uniform.nats
    assert (best.tokens, best.characters, best.bytes) == (550, 550, 550)


def test_the_order_is_chosen_on_the_validation_part(tmp_path: Path) -> None:
    """Where the validation part is noise to the training part, contexts do not help."""
    tokenizer = open_model(tiny.trained(tmp_path / "run", tokenizer=ByteConfig())).tokenizer
    random = np.random.default_rng(0)
    train = encode_text(["".join(random.choice(list("abcd"), 4000))], tokenizer)
    noise = encode_text(["".join(random.choice(list("abcd"), 4000))], tokenizer)
    pattern = encode_text(["abcdefgh" * 500], tokenizer)
    assert list(dict(ngram_scores(tokenizer, train=train, valid=noise, scored=noise)))[-1].startswith("2-gram")
    assert not list(dict(ngram_scores(tokenizer, train=pattern, valid=pattern, scored=noise)))[-1].startswith("2-gram")


def test_a_permuted_text_costs_the_unigram_the_same(run_folder: Path) -> None:
    tokenizer = open_model(run_folder).tokenizer
    train = encode_text([tiny.TEXT], tokenizer)
    permuted = "".join(np.random.default_rng(0).permutation(list(tiny.TEXT[:500])))
    one, other = (
        dict(ngram_scores(tokenizer, train=train, valid=train, scored=encode_text([text], tokenizer)))["unigram"]
        for text in (tiny.TEXT[:500], permuted)
    )
    assert one.nats == pytest.approx(other.nats)


@pytest.mark.parametrize("name", COMPRESSORS)
def test_a_compressor_that_knows_the_text_needs_next_to_nothing(name: str) -> None:
    noise = "".join(map(chr, np.random.default_rng(0).integers(33, 127, 9000)))
    known, unknown = (dict(compress_text(train, noise[:4000]))[name] for train in (noise, noise[4000:]))
    assert known.after.bits_per_byte < (2.5 if name != "bzip2 -9" else 5) < 6 < unknown.after.bits_per_byte
    assert known.alone == unknown.alone
    assert known.alone.bits_per_byte == pytest.approx(8 * known.alone.compressed / 4000)


def test_gzip_is_the_file_that_gzip_writes() -> None:
    text = tiny.TEXT * 9
    compressed = dict(compress_text("", text))["gzip -9"]
    assert compressed.alone.compressed == len(gzip.compress(text.encode(), 9))
    assert compressed.after.bits_per_character == pytest.approx(8 * compressed.after.compressed / len(text))
    assert math.isfinite(compressed.after.bits_per_byte)
