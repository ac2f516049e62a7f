"""Which units follow a feature: a planted one is found, and hardly any is found where there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from seqgen.config import LstmConfig, UnitName
from seqgen.inspection.activity import read_activity
from seqgen.inspection.token_text import TokenText
from seqgen.inspection.units import find_followers, read_shuffled, usable_features
from seqgen.models import build_model, load_weights, read_weights
from tests.inspection.planted import lstm_config, quoted_text, random_text, tokenizer_of, with_quote_unit


def as_read(text: str) -> tuple[TokenText, LstmConfig]:
    """A text as tokens, and the configuration of a network for it."""
    tokenizer = tokenizer_of(text)
    return TokenText.of(tokenizer.encode(text).ids, tokenizer), lstm_config(tokenizer, d_model=16)


def test_a_planted_unit_that_follows_quotes_is_found_and_no_other_unit_is() -> None:
    text, config = as_read(quoted_text(6000))
    torch.manual_seed(99)
    network = build_model(config).eval()
    weights = with_quote_unit(config, tokenizer_of(text.text), number=5)
    load_weights(network, weights)
    activity = read_activity(network, config, text.ids)
    followers = find_followers(
        activity, read_shuffled(config, weights, text), features=usable_features(text), ids=text.ids
    )
    found = [following for following in followers if following.is_found]
    assert {str(following.unit) for following in found} == {"0:5", "0:c5"}
    assert {following.feature for following in found} == {"inside quotes"}
    assert all(abs(following.first) > 0.99 and abs(following.second) > 0.99 for following in found)


@pytest.mark.parametrize("text", [quoted_text(2000), random_text(2000, seed=0)], ids=["quotes", "random"])
def test_networks_that_have_learned_nothing_have_followers_no_more_often_than_stated(text: str) -> None:
    """The chance of even one is 5 % at most in each of 20 networks, so one is likely to have any."""
    of_text, config = as_read(text)
    features, n_with_followers = usable_features(of_text), 0
    shuffled = read_shuffled(config, read_weights(build_model(config)), of_text)
    for seed in range(20):
        torch.manual_seed(1000 + seed)
        activity = read_activity(build_model(config).eval(), config, of_text.ids)
        n_with_followers += any(
            following.is_found for following in find_followers(activity, shuffled, features=features, ids=of_text.ids)
        )
    assert n_with_followers <= 3


def test_units_that_have_nothing_to_do_with_the_text_are_not_found() -> None:
    """They change slowly, as many features do."""
    of_text, config = as_read(quoted_text(3000))
    features, shuffled = usable_features(of_text), read_shuffled(config, read_weights(build_model(config)), of_text)
    activity, rng, n_found = shuffled[0], np.random.default_rng(0), 0
    for _ in range(10):
        slow = rng.normal(size=(len(activity.names), len(of_text.ids) + 199)).cumsum(axis=1)
        values = (slow[:, 199:] - slow[:, :-199]).astype(np.float32)
        activity = replace(activity, values=values[:, : len(of_text.ids)])
        n_found += any(
            following.is_found for following in find_followers(activity, shuffled, features=features, ids=of_text.ids)
        )
    assert n_found <= 2


def test_a_feature_that_begins_in_one_half_only_is_not_looked_for() -> None:
    text = "a (b) c " * 50 + "abcd " * 80
    tokenizer = tokenizer_of(text)
    tested = usable_features(TokenText.of(tokenizer.encode(text).ids, tokenizer))
    assert "inside brackets" not in tested and "place in the word" in tested


@pytest.mark.parametrize("n", [3, 300, 2500, 5000])
def test_streams_side_by_side_give_nearly_the_values_of_one_long_stream(
    n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqgen.inspection.activity._LEAST_OF_STREAM", 1000)
    text = quoted_text(n)
    tokenizer = tokenizer_of(quoted_text(300))
    config = lstm_config(tokenizer, d_model=12)
    torch.manual_seed(0)
    network, ids = build_model(config).eval(), tokenizer.encode(text).ids.astype(np.int64)
    with torch.no_grad():
        trace = network.trace(torch.from_numpy(np.concatenate(([0], ids)))[None])
    activity = read_activity(network, config, ids)
    assert activity.names[0] == UnitName(0, 0) and activity.names[-1] == UnitName(0, 11, is_cell=True)
    expected = trace.layers[0, 0, 1:].T.numpy()
    np.testing.assert_allclose(activity.values[:12], expected, rtol=0, atol=1e-5)
    cell = trace.inside[0].cell
    assert cell is not None
    np.testing.assert_allclose(activity.values[12:], cell[0, 1:].T.numpy(), rtol=0, atol=1e-5)
