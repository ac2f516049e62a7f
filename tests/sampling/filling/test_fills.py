"""Fills of a gap: all that can be drawn is weighed as both models together expect it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from seqgen.config import FillConfig
from seqgen.sampling.filling import Fill, FillModels, GapReader, Surroundings, choose_fills, find_fills
from seqgen.sampling.filling import fills as fills_module
from seqgen.sampling.filling.fills import log_inclusion
from tests.backward import planted

LETTERS = "abc"
RANDOM = np.random.default_rng(0)
NOISE = "".join("".join(RANDOM.choice(list(LETTERS), 6)) + "\n" for _ in range(60))
AROUND = Surroundings(before="ab", after="ca")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> FillModels:
    """Models of random lines of three letters: every fill is likely enough to be drawn."""
    folder = tmp_path_factory.mktemp("noise")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQGEN_CACHE", str(folder / "cache"))
        return planted(folder, NOISE, order=3, weight=0.9)


def shares(fills: list[Fill]) -> dict[str, float]:
    weights = {fill.text: float(np.exp(fill.log_weight)) for fill in fills}
    return {text: weight / sum(weights.values()) for text, weight in weights.items()}


def expected(models: FillModels, longest: int, *, temperature: float = 1.0) -> dict[str, float]:
    """The share of every fill of some letters, by the definition: both models read all of every whole text."""
    texts = ["".join(each) for n in range(1, longest + 1) for each in itertools.product(LETTERS, repeat=n)]
    logs = []
    for text in texts:
        ids = models.tokenizer.encode(f"ab{text}ca").ids.tolist()
        (forward,) = GapReader(models.forward, ids[:2]).log_probabilities([[*ids[2:], 0]])
        (backward,) = GapReader(models.backward, ids[-2:]).log_probabilities([[*ids[:-2][::-1], 0]])
        logs.append((forward.sum() + backward.sum()) / 2 / temperature)
    weights = np.exp(np.array(logs) - max(logs))
    return dict(zip(texts, (weights / weights.sum()).tolist(), strict=True))


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_many_draws_give_the_product_of_both_models_exactly(models: FillModels, temperature: float) -> None:
    """Every fill is among so many draws, so the shares are those of all fills that there are."""
    config = FillConfig(max_length=2, draws=800, temperature=temperature)
    found, right = shares(find_fills(models, AROUND, config, seed=0)), expected(models, 2, temperature=temperature)
    assert found.keys() == right.keys()
    assert [found[text] for text in right] == pytest.approx(list(right.values()), abs=2e-3)


def test_few_draws_have_no_bias_to_what_is_easily_drawn(models: FillModels) -> None:
    """The mean weight of a fill, over many draws, is its part of the product, whether it is drawn often or seldom."""
    config = FillConfig(max_length=2, draws=3, temperature=1)
    drawn = [find_fills(models, AROUND, config, seed=seed) for seed in range(150)]
    means = dict.fromkeys(expected(models, 2), 0.0)
    for fill in itertools.chain.from_iterable(drawn):
        means[fill.text] += float(np.exp(fill.log_weight))
    total, right = sum(means.values()), expected(models, 2)
    assert max(abs(mean / total - right[text]) for text, mean in means.items()) < 0.05


def test_the_nats_are_those_of_both_models(models: FillModels) -> None:
    ids = models.tokenizer.encode("abbca").ids.tolist()
    (forward,) = GapReader(models.forward, ids[:2]).log_probabilities([[*ids[2:], 0]])
    (backward,) = GapReader(models.backward, ids[-2:]).log_probabilities([[*ids[:3][::-1], 0]])
    fills = {fill.text: fill for fill in find_fills(models, AROUND, FillConfig(draws=200), seed=0)}
    assert fills["b"].forward_nats == pytest.approx(-forward.sum(), abs=1e-5)
    assert fills["b"].backward_nats == pytest.approx(-backward.sum(), abs=1e-5)
    assert fills["b"].nats == pytest.approx((fills["b"].forward_nats + fills["b"].backward_nats) / 2)


def test_what_is_left_out_could_not_have_counted(models: FillModels, monkeypatch: pytest.MonkeyPatch) -> None:
    config = FillConfig(max_length=4, draws=60, temperature=0.2)
    monkeypatch.setattr(fills_module, "_SCORED_AT_ONCE", 4)
    some = shares(find_fills(models, AROUND, config, seed=1))
    monkeypatch.setattr(fills_module, "_NEGLIGIBLE_NATS", np.inf)
    every = shares(find_fills(models, AROUND, config, seed=1))
    assert len(some) < len(every)
    assert all(some.get(text, 0.0) == pytest.approx(share, abs=1e-6) for text, share in every.items())


@pytest.mark.parametrize("config", [FillConfig(length=3), FillConfig(max_length=2)])
def test_fills_have_the_length_that_is_asked_for(models: FillModels, config: FillConfig) -> None:
    lengths = {len(fill.text) for fill in find_fills(models, AROUND, config, seed=0)}
    assert lengths == ({3} if config.length else {1, 2})


def test_a_fill_is_drawn_unless_both_models_miss_it_every_time() -> None:
    p, n = np.array([[0.3, 1e-9, 1.0], [0.1, 0.0, 0.2]]), 5
    with np.errstate(divide="ignore"):
        included = np.exp(log_inclusion(np.log(p), n=n))
    assert included == pytest.approx([1 - (0.7 * 0.9) ** 5, 5e-9, 1.0], rel=1e-6)


def test_fills_are_chosen_as_often_as_they_weigh() -> None:
    some = [
        Fill(text=text, forward_nats=0, backward_nats=0, log_weight=float(np.log(weight)))
        for text, weight in (("a", 6.0), ("b", 3.0), ("c", 1.0))
    ]
    chosen = [choose_fills(some, 1, config=FillConfig(), seed=seed)[0].text for seed in range(1000)]
    assert [chosen.count(text) / 1000 for text in "abc"] == pytest.approx([0.6, 0.3, 0.1], abs=0.04)


def test_no_fill_is_chosen_twice_and_temperature_0_takes_the_heaviest() -> None:
    some = [Fill(text=text, forward_nats=0, backward_nats=0, log_weight=-number) for number, text in enumerate("abcab")]
    chosen = choose_fills(some, 9, config=FillConfig(temperature=0), seed=0)
    assert [fill.text for fill in chosen] == ["a", "b", "c"]
