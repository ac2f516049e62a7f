"""The baseline networks learn what they can and no more: the order within a window, or no order at all."""

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
    monkeypatch.setattr(neural_baselines, "_MAX_PREDICTIONS", 20_000)


def scores(tokenizer: Tokenizer, train: str, scored: str) -> list[Score]:
    """The score of the bag, and that of the window."""
    train_text, scored_text = encode_text([train], tokenizer), encode_text([scored], tokenizer)
    named = neural_baseline_scores(tokenizer, train=train_text, valid=scored_text, scored=scored_text)
    return [scored.score for _, scored in named]


def test_a_window_knows_the_order_and_a_bag_does_not(tokenizer: Tokenizer) -> None:
    """abcd over and over: the last 64 tokens are always the same bag, whichever letter comes next."""
    bag, window = scores(tokenizer, "abcd" * 3000, "abcd" * 200)
    assert window.nats_per_token < 0.05
    assert bag.nats_per_token > 0.95 * np.log(4)


def test_a_window_does_not_see_beyond_itself(tokenizer: Tokenizer) -> None:
    """A letter that comes again after 21 tokens is not cheaper the second time."""
    random = np.random.default_rng(0)
    train, scored = (
        "".join(f"{letter}{'-' * 20}{letter}{'-' * 20}" for letter in random.choice(list("abcdefgh"), size))
        for size in (400, 50)
    )
    _, window = scores(tokenizer, train, scored)
    assert window.nats > 0.9 * 100 * np.log(8)


def test_every_token_is_scored_once(tokenizer: Tokenizer) -> None:
    text = encode_text([tiny.TEXT[:1500]], tokenizer)
    for _, scored in neural_baseline_scores(tokenizer, train=text, valid=text, scored=text):
        score = scored.score
        assert (score.n_tokens, score.n_characters, score.n_bytes) == (1500, 1500, 1500)
        assert 0 < score.nats_per_token < np.log(tokenizer.vocab_size)


def test_scores_repeat_and_the_global_random_state_is_left_alone(tokenizer: Tokenizer) -> None:
    import torch

    text = encode_text([tiny.TEXT[:500]], tokenizer)
    state = torch.random.get_rng_state()
    first, again = (
        [scored.score.nats for _, scored in neural_baseline_scores(tokenizer, train=text, valid=text, scored=text)]
        for _ in range(2)
    )
    assert first == again
    assert torch.equal(torch.random.get_rng_state(), state)


def test_the_weights_that_predict_the_validation_part_best_are_kept(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A random text memorised in many epochs says little about another."""
    monkeypatch.setattr(neural_baselines, "_MAX_EPOCHS", 150)
    monkeypatch.setattr(neural_baselines, "_MAX_PREDICTIONS", 30_000)
    random = np.random.default_rng(0)
    train, valid = ("".join(random.choice(list("abcd"), size)) for size in (200, 1000))
    train_text, valid_text = (encode_text([text], tokenizer) for text in (train, valid))
    stopped_on_train, stopped_on_valid = (
        dict(neural_baseline_scores(tokenizer, train=train_text, valid=part, scored=valid_text))[
            "fixed window of 16"
        ].score.nats
        for part in (train_text, valid_text)
    )
    assert stopped_on_valid < 0.9 * stopped_on_train


def test_a_text_shorter_than_the_window_is_scored(tokenizer: Tokenizer) -> None:
    short: EncodedText = encode_text(["ab"], tokenizer)
    assert all(
        np.isfinite(scored.score.nats)
        for _, scored in neural_baseline_scores(tokenizer, train=short, valid=short, scored=short)
    )
