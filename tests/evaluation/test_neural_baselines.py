"""The simple networks learn what they can and no more: order within a window, or none at all."""

from __future__ import annotations

import numpy as np
import pytest

from seqgen.config import ByteConfig
from seqgen.corpus import EncodedText, encode_text
from seqgen.evaluation import Score, neural_baselines
from seqgen.evaluation.neural_baselines import neural_baseline_scores
from seqgen.run import open_model
from seqgen.tokenizers import Tokenizer
from tests import tiny


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return open_model(tiny.trained(tmp_path_factory.mktemp("run") / "run", tokenizer=ByteConfig())).tokenizer


@pytest.fixture(autouse=True)
def short_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neural_baselines, "_N_PREDICTIONS", 100_000)


def scores(tokenizer: Tokenizer, train: str, scored: str) -> list[Score]:
    """Of the bag and of the window."""
    known, asked = encode_text([train], tokenizer), encode_text([scored], tokenizer)
    return list(dict(neural_baseline_scores(tokenizer, train=known, valid=asked, scored=asked)).values())


def test_a_window_knows_the_order_and_a_bag_does_not(tokenizer: Tokenizer) -> None:
    """abcd over and over: all 64 tokens before are the same bag, whatever comes next."""
    bag, window = scores(tokenizer, "abcd" * 3000, "abcd" * 200)
    assert window.nats_per_token < 0.05
    assert bag.nats_per_token == pytest.approx(np.log(4), rel=0.05)


def test_a_window_does_not_see_beyond_itself(tokenizer: Tokenizer) -> None:
    """A letter that stands twice, 21 tokens apart, is no cheaper the second time."""
    random = np.random.default_rng(0)
    train, asked = (
        "".join(f"{letter}{'-' * 20}{letter}{'-' * 20}" for letter in random.choice(list("abcdefgh"), size))
        for size in (1000, 50)
    )
    _, window = scores(tokenizer, train, asked)
    assert window.nats > 0.9 * 100 * np.log(8)


def test_every_token_is_scored_once_after_boundaries(tokenizer: Tokenizer) -> None:
    text = encode_text([tiny.TEXT[:1500]], tokenizer)
    for _, score in neural_baseline_scores(tokenizer, train=text, valid=text, scored=text):
        assert (score.tokens, score.characters, score.bytes) == (1500, 1500, 1500)
        assert 0 < score.nats_per_token < np.log(tokenizer.vocab_size)


def test_the_same_scores_come_again_and_the_random_state_stays(tokenizer: Tokenizer) -> None:
    import torch

    text = encode_text([tiny.TEXT[:500]], tokenizer)
    state = torch.random.get_rng_state()
    one, other = (
        [score.nats for _, score in neural_baseline_scores(tokenizer, train=text, valid=text, scored=text)]
        for _ in range(2)
    )
    assert one == other
    assert torch.equal(torch.random.get_rng_state(), state)


def test_what_is_kept_is_what_foretells_the_validation_part_best(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A random text learned by heart in many passes says little of another."""
    monkeypatch.setattr(neural_baselines, "_MOST_EPOCHS", 300)
    random = np.random.default_rng(0)
    train, valid = ("".join(random.choice(list("abcd"), size)) for size in (300, 3000))
    known, asked = (encode_text([text], tokenizer) for text in (train, valid))
    by_itself, by_another = (
        dict(neural_baseline_scores(tokenizer, train=known, valid=part, scored=asked))["fixed window of 16"].nats
        for part in (known, asked)
    )
    assert by_another < 0.9 * by_itself


def test_a_text_shorter_than_the_window_is_scored(tokenizer: Tokenizer) -> None:
    short: EncodedText = encode_text(["ab"], tokenizer)
    assert all(
        np.isfinite(score.nats)
        for _, score in neural_baseline_scores(tokenizer, train=short, valid=short, scored=short)
    )
