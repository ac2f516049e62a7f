"""The label expert of a run: it learns what n-grams tell, and is mixed so that held-out labels become likelier."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from seqgen.config import Budget
from seqgen.evaluation import Closing, close_run
from seqgen.evaluation.label_regression import LabelRegression
from seqgen.evaluation.learned_label_expert import LabelledSources, mix_with_expert
from seqgen.evaluation.mixing_powers import best_powers, cross_fitted, mean_nats
from seqgen.inference import MixingPowers, NgramKinds, normalised, rows_of, weigh
from seqgen.run import open_model
from seqgen.sampling.prediction import predict_labels
from tests import tiny_pairs

KINDS = NgramKinds(words=1, characters=2)


def words(n: int, seed: int = 0) -> LabelledSources:
    """Different random words; the label is whether there is an `a` in the word."""
    draw = random.Random(seed)
    sources = list(dict.fromkeys("".join(draw.choices("abcdef", k=draw.randint(3, 6))) for _ in range(n)))
    return LabelledSources(sources, np.array(["a" in source for source in sources], np.int64))


def uniform(n: int, n_labels: int = 2) -> NDArray[np.float64]:
    return np.full((n, n_labels), 1 / n_labels)


def test_it_learns_what_ngrams_tell() -> None:
    train, valid = words(300), words(100, seed=1)
    found = mix_with_expert(uniform(len(valid.sources)), train=train, valid=valid)
    assert found is not None
    expert, gain = found
    assert gain.accuracy[1] > 0.95
    assert gain.nats[0] == pytest.approx(np.log(2))
    p = expert.mix(uniform(2), ["bcda", "bcde"])
    assert p.argmax(axis=1).tolist() == [1, 0]
    assert mean_nats(expert.mix(uniform(len(valid.sources)), valid.sources), valid.labels) <= gain.nats[1]


def test_it_is_the_same_every_time() -> None:
    train, valid = words(100), words(60, seed=2)
    tables = []
    for _ in range(2):
        found = mix_with_expert(uniform(len(valid.sources)), train=train, valid=valid)
        assert found is not None
        tables.append(found[0].table.tobytes())
    assert tables[0] == tables[1]


def test_the_gradient_of_a_fitted_table_is_nearly_zero() -> None:
    train, penalty = words(50), 0.5
    regression = LabelRegression(train.sources, train.labels, kinds=KINDS, shape=(256, 2))
    table = regression.fit(penalty=penalty)
    regression.fit(penalty=penalty)
    np.testing.assert_allclose(regression.fit(penalty=penalty), table, atol=0.01)


def test_without_ngrams_labels_have_their_shares() -> None:
    labels = np.array([0] * 30 + [1] * 10)
    regression = LabelRegression([""] * 40, labels, kinds=NgramKinds(words=1, characters=0), shape=(16, 2))
    table = regression.fit(penalty=1e-4)
    p = normalised(weigh(rows_of([""], NgramKinds(words=1, characters=0), n_rows=16), table))
    np.testing.assert_allclose(p, [[0.75, 0.25]], atol=1e-3)


def test_a_label_without_training_sources_is_improbable_but_possible() -> None:
    train = words(100)
    regression = LabelRegression(train.sources, train.labels, kinds=KINDS, shape=(256, 3))
    p = normalised(weigh(rows_of(["abc", ""], KINDS, n_rows=256), regression.fit(penalty=0.1)))
    assert 0 < p[:, 2].max() < 0.05


@pytest.mark.parametrize("seed", range(5))
def test_a_mixture_is_not_worse_than_the_better_of_both(seed: int) -> None:
    draw = np.random.default_rng(seed)
    network, expert = (draw.dirichlet([scale] * 4, size=200) for scale in (0.1, 2.0))
    labels = np.array([draw.choice(4, p=0.5 * a + 0.5 * b) for a, b in zip(network, expert, strict=True)])
    powers = best_powers(network, expert, labels)
    mixed = mean_nats(powers.mix(network, expert), labels)
    assert mixed <= min(mean_nats(network, labels), mean_nats(expert, labels)) + 1e-6
    for change in ((0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01)):  # the minimum
        near = MixingPowers(max(0, powers.network + change[0]), max(0, powers.expert + change[1]))
        assert mixed <= mean_nats(near.mix(network, expert), labels) + 1e-6


def test_an_expert_that_is_always_wrong_gets_no_power() -> None:
    labels = np.array([0, 1] * 50)
    right = np.where(np.eye(2)[labels] > 0, 0.7, 0.3)
    assert best_powers(right, 1 - right, labels).expert == 0


def test_powers_are_finite_where_everything_is_right() -> None:
    labels = np.array([0, 1] * 50)
    right = np.where(np.eye(2)[labels] > 0, 0.9, 0.1)
    powers = best_powers(right, right, labels)
    assert 1 < powers.network + powers.expert <= 16


def test_each_half_is_mixed_as_the_other_half_shows() -> None:
    labels = np.array([0, 1] * 50)  # every other label, so the halves disagree about the expert
    expert = np.tile([0.8, 0.2], (100, 1))
    mixed = cross_fitted(uniform(100), [expert], labels)
    assert mixed[1, 0] > 0.99  # the even half has nothing but label 0
    np.testing.assert_allclose(mixed[::2], 0.5)


@pytest.mark.parametrize("seed", range(8))
def test_an_expert_that_has_learned_from_noise_is_dropped(seed: int) -> None:
    draw = np.random.default_rng(seed)
    train, valid = (
        LabelledSources(found.sources[:n], draw.integers(0, 2, n))
        for found, n in ((words(400, seed), 200), (words(200, seed + 100), 50))
    )
    p = draw.uniform(0.35, 0.65, 50)
    network = np.stack([p, 1 - p], axis=1)
    assert mix_with_expert(network, train=train, valid=valid) is None


def test_an_expert_that_gains_nothing_is_dropped() -> None:
    valid = words(100, seed=1)
    knows = np.where(np.eye(2)[valid.labels] > 0, 0.9999, 0.0001)
    assert mix_with_expert(knows, train=words(100), valid=valid) is None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of labels that has learned little, with enough pairs to validate on."""
    labelled = words(800)
    text = "".join(
        f"{source}\t{'yes' if label else 'no'}\n"
        for source, label in zip(labelled.sources, labelled.labels, strict=True)
    )
    return tiny_pairs.trained(tmp_path_factory.mktemp("labels") / "run", text=text, budget=Budget(steps=3))


def test_a_run_of_labels_gets_an_expert_when_it_ends(folder: Path) -> None:
    closing = close_run(folder)
    assert closing.label_gain is not None
    assert closing.label_gain.gain > 0.1
    model = open_model(folder)
    assert model.label_expert is not None
    assert model.label_expert.powers == closing.label_gain.powers
    assert close_run(folder) == closing  # made anew, the same


def test_a_run_that_is_to_have_no_expert_gets_none(folder: Path, tmp_path: Path) -> None:
    text = folder.with_name("run.tsv").read_text()
    run = tiny_pairs.trained(tmp_path / "run", text=text, settings={"ngram_expert": False})
    assert close_run(run) == Closing(None, None, None)
    assert open_model(run).label_expert is None


def test_few_pairs_to_validate_on_give_no_expert(tmp_path: Path) -> None:
    run = tiny_pairs.trained(tmp_path / "run", text=tiny_pairs.KINDS["label"])
    assert close_run(run) == Closing(None, None, None)


def test_predictions_are_those_of_the_mixture(folder: Path) -> None:
    close_run(folder)
    model, sources = open_model(folder), ["bcda", "", "x?"]
    assert model.label_expert is not None
    network = predict_labels(replace(model, label_expert=None), sources)
    np.testing.assert_array_equal(predict_labels(model, sources), model.label_expert.mix(network, sources))
