"""The expert of an ended run: it has the likeliest weight, is stored where it helps, and counts in every score."""

from __future__ import annotations

import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seqgen import load
from seqgen.api import LanguageModel
from seqgen.config import Budget
from seqgen.corpus import reopen_part
from seqgen.evaluation import Context, DynamicEvaluation, close_run, learned_expert, restore_decoder
from seqgen.evaluation.learned_expert import best_weight, weigh_expert
from seqgen.run import open_model
from tests import tiny

TEXT = tiny.STORIES.read_text(encoding="utf-8")[:30_000]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.trained(tmp_path_factory.mktemp("expert") / "run", text=TEXT, budget=Budget(steps=40))


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    """The run as its training left it."""
    return shutil.copytree(trained, tmp_path / "run")


def test_the_weight_makes_the_text_likeliest() -> None:
    p, q = np.random.default_rng(0).dirichlet((1, 1, 1), size=(2, 500))[:, :, 0]
    weight = best_weight(p, q)
    nats = {w: -np.log(w * p + (1 - w) * q).mean() for w in (weight - 0.02, weight, weight + 0.02)}
    assert min(nats, key=lambda w: nats[w]) == weight


def test_a_run_gets_an_expert_that_lowers_its_bits(folder: Path) -> None:
    before = load(folder).score(TEXT[-3000:]).bits_per_character
    gain = close_run(folder).gain
    assert gain is not None
    assert gain.nats_after < gain.nats_before
    after = load(folder).score(TEXT[-3000:])
    assert before is not None
    assert after.bits_per_character is not None
    assert after.bits_per_character < before
    assert after.nats_per_token == pytest.approx(gain.nats_after, abs=1e-2)  # which read it in several streams


def test_a_network_that_gives_tokens_no_probability_that_a_number_can_hold_gets_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learned_expert, "_nats_in_streams", lambda _, ids: np.full(len(ids), 800.0))
    gain = close_run(folder).gain
    assert gain is not None
    assert gain.nats_before == 800
    assert gain.nats_after < 4


def test_it_repeats_and_is_made_anew_for_the_network_alone(folder: Path) -> None:
    first, second = close_run(folder), close_run(folder)
    assert first == second


def test_text_written_with_an_expert_is_scored_as_it_was_drawn(folder: Path) -> None:
    close_run(folder)
    model = load(folder)
    odds = dict(model.next_odds("The "))
    alone = dict(load_alone(folder).next_odds("The "))
    assert sum(odds.values()) == pytest.approx(1, abs=1e-4)
    assert max(abs(odds[token] - alone[token]) for token in odds) > 0.01
    nats = model.score("The b").nats - model.score("The ").nats
    assert nats == pytest.approx(-math.log(odds["b"]), abs=1e-3)


def load_alone(folder: Path) -> LanguageModel:
    return LanguageModel(replace(load(folder).saved, expert=None))


def test_dynamic_evaluation_learns_beside_an_expert(folder: Path) -> None:
    close_run(folder)
    saved = open_model(folder)
    ids = saved.tokenizer.encode(TEXT).ids.astype(np.int64)
    decoder = restore_decoder(saved)
    once, learning = (
        np.concatenate(list(mode.nats(decoder, ids[-3000:]))) for mode in (Context(), DynamicEvaluation(ids[:-3000]))
    )
    assert learning.sum() < once.sum()


def test_an_expert_that_brings_nothing_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.evaluation.learned_expert._LEAST_GAIN", 100.0)
    saved = open_model(folder)
    parts = {name: reopen_part(saved.record.corpus, name) for name in saved.record.corpus.parts}
    assert weigh_expert(saved, parts) is None


def test_a_run_without_experts_gets_none(tmp_path: Path) -> None:
    run = tiny.trained(tmp_path / "run", text=TEXT, budget=Budget(steps=3), settings={"ngram_expert": False})
    assert close_run(run).gain is None
    assert open_model(run).expert is None


def test_a_longer_text_is_counted_in_longer_ngrams_and_too_long_a_text_not_at_all(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = open_model(folder)
    parts = {name: reopen_part(saved.record.corpus, name) for name in saved.record.corpus.parts}
    n_train = len(TEXT)  # a little more than the training part
    orders = []
    for limit in (n_train, n_train // 2):
        monkeypatch.setattr(learned_expert, "_LIMITS", ((limit, 4, 1_000_000), (n_train, 6, 1_000_000)))
        found = weigh_expert(saved, parts)
        orders.append(found and found[1].order)
    assert orders == [4, 6]
    monkeypatch.setattr(learned_expert, "_LIMITS", ((n_train // 2, 4, 1_000_000),))
    assert weigh_expert(saved, parts) is None
