"""Baselines: exact where they can be, and they know exactly the training text."""

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


def test_longer_contexts_predict_better_than_the_unigram_and_that_better_than_a_guess(run_folder: Path) -> None:
    tokenizer = open_model(run_folder).tokenizer
    train, valid, scored = (encode_text([text], tokenizer) for text in (tiny.TEXT, tiny.TEXT[:300], tiny.TEXT[50:600]))
    scores = dict(ngram_scores(tokenizer, train=train, valid=valid, scored=scored))
    uniform, unigram, best = (scored.score for scored in scores.values())
    assert list(scores)[:2] == ["uniform", "unigram"]
    assert uniform.perplexity == pytest.approx(tokenizer.vocab_size)
    assert best.nats < unigram.nats < uniform.nats
    assert (best.n_tokens, best.n_characters, best.n_bytes) == (550, 550, 550)


def test_the_order_is_chosen_on_the_validation_part(tmp_path: Path) -> None:
    """If the training part says nothing about the validation part, longer contexts do not help."""
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
    in_order, in_disorder = (
        dict(ngram_scores(tokenizer, train=train, valid=train, scored=encode_text([text], tokenizer)))["unigram"].score
        for text in (tiny.TEXT[:500], permuted)
    )
    assert in_order.nats == pytest.approx(in_disorder.nats)


@pytest.mark.parametrize("name", COMPRESSORS)
def test_a_compressor_needs_few_bytes_for_a_text_that_it_has_seen(name: str) -> None:
    noise = "".join(map(chr, np.random.default_rng(0).integers(33, 127, 9000)))
    known, unknown = (dict(compress_text(noise[:4000], after=train))[name] for train in (noise, noise[4000:]))
    assert known.after.bits_per_byte < (2.5 if name != "bzip2 -9" else 5) < 6 < unknown.after.bits_per_byte
    assert known.alone == unknown.alone
    assert known.alone.bits_per_byte == pytest.approx(8 * known.alone.n_compressed / 4000)


def test_gzip_has_the_size_of_a_gzip_file() -> None:
    text = tiny.TEXT * 9
    compression = dict(compress_text(text))["gzip -9"]
    assert compression.alone.n_compressed == len(gzip.compress(text.encode(), 9))
    assert compression.after.bits_per_character == pytest.approx(8 * compression.after.n_compressed / len(text))
    assert math.isfinite(compression.after.bits_per_byte)
