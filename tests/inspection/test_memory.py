"""How far back a model looks: exact on models whose memory is known."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seqgen.config import Budget, FieldValue, LstmConfig, RnnConfig, WordConfig
from seqgen.errors import ConfigError, CorpusError
from seqgen.evaluation import Reading, TextSelection, readings, restore_decoder
from seqgen.inspection.memory import MemoryConfig, measure_memory
from seqgen.inspection.memory_curve import MemoryCurve
from seqgen.models import Decoder, build_model
from seqgen.run import open_model
from tests import tiny

SHORT = MemoryConfig(longest=64, n_tokens=400)


@pytest.fixture
def reading(run_folder: Path, tmp_path: Path) -> Reading:
    path = tmp_path / "story.txt"
    path.write_text(tiny.TEXT, encoding="utf-8")
    (found,) = readings(open_model(str(run_folder)), TextSelection.of([str(path)]))
    return found


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small LSTM that has learned something."""
    shape: dict[str, FieldValue] = {"d_model": 32, "n_streams": 16, "window": 32, "ngram_expert": False}
    return tiny.trained(tmp_path_factory.mktemp("learned") / "lstm", budget=Budget(steps=80), settings=shape)


def curve_of(means: list[float], noise: float = 0.0) -> MemoryCurve:
    """A curve with these means, over contexts that double; passages differ, and the differences by the noise."""
    passages = np.random.default_rng(0).normal(0, 1, 24)
    bits = np.array(means)[:, None] + passages - passages.mean()
    random = np.random.default_rng(1).normal(0, noise, bits.shape)
    bits = bits + random - random.mean(axis=1, keepdims=True)
    return MemoryCurve(beyond="nothing", lengths=tuple(2**n for n in range(len(means))), bits=bits)


def looks_back(means: list[float], noise: float = 0.0) -> float:
    found = curve_of(means, noise).looks_back()
    assert found is not None
    return found.tokens


def test_a_model_looks_back_to_where_99_per_cent_of_the_gain_is_reached() -> None:
    assert looks_back([3.0, 2.0, 2.0, 2.0]) == pytest.approx(2**0.99)  # on the way from 1 to 2
    assert looks_back([3.0, 2.5, 2.01, 2.0]) == pytest.approx(4)
    assert looks_back([3.0, 2.5, 2.02, 2.0]) == pytest.approx(2**2.5)  # half way from 4 to 8, by logarithms
    assert looks_back([3.0, 2.5, 2.02, 2.0, 2.0, 2.0]) == pytest.approx(2**2.5)  # a longer curve changes nothing


def test_a_model_that_gains_nothing_looks_back_nowhere() -> None:
    assert curve_of([2.0, 2.0, 2.0]).looks_back() is None
    assert curve_of([2.0, 2.0, 2.1]).looks_back() is None
    assert curve_of([2.01, 2.0, 2.0], noise=0.5).looks_back() is None  # less than the error of the gain


def test_the_interval_comes_from_the_differences_of_the_same_passages() -> None:
    sure, unsure = curve_of([3.0, 2.5, 2.02, 2.0]), curve_of([3.0, 2.5, 2.02, 2.0], noise=0.01)
    assert max(sure.plus_minus) < 1e-9  # although the passages themselves differ by much
    found = unsure.looks_back()
    assert found is not None
    assert 2 < found.low < found.tokens < found.high <= 8
    assert unsure.plus_minus[-1] == 0


def test_a_memory_has_a_curve_for_everything_that_stands_beyond(reading: Reading) -> None:
    memory = measure_memory(reading, replace(SHORT, beyond=("shuffled", "replaced")))
    assert [curve.beyond for curve in memory.curves] == ["nothing", "shuffled", "replaced"]
    assert memory.nothing.lengths == (1, 2, 4, 8, 16, 32, 64)
    assert memory.n_tokens == 24 * 16
    assert memory.unit == "character"
    document = memory.to_json()
    assert document["curves"]["shuffled"][2]["context"] == 4
    assert document["curves"]["nothing"][-1]["plus_minus"] == 0


def test_two_measurements_are_equal_and_another_seed_shuffles_otherwise(reading: Reading) -> None:
    config = replace(SHORT, beyond=("shuffled",))
    first, second, third = (
        measure_memory(reading, each).to_json() for each in (config, config, replace(config, seed=1))
    )
    assert first == second
    assert first["curves"]["nothing"] == third["curves"]["nothing"]
    assert first["curves"]["shuffled"] != third["curves"]["shuffled"]


def test_a_memory_that_is_made_is_found(reading: Reading) -> None:
    """A model that predicts each token from the one four places before it cannot look farther, and looks that far.

    Its state is a delay line: each group of units passes on what the group before it held.
    """
    model = delay_line(reading.saved.tokenizer.vocab_size, delay=4)
    nats = measure_memory(replace(reading, decoder=model), SHORT).nothing
    assert nats.bits[2] == pytest.approx(nats.bits[6], abs=1e-6)  # given 4, all is known
    assert not np.allclose(nats.bits[1], nats.bits[6], atol=1e-3)  # given 2, it is not


def delay_line(vocab_size: int, *, delay: int) -> Decoder:
    width = vocab_size * delay
    shape: dict[str, Any] = {"n_layer": 1, "d_model": width, "d_embedding": None, "dropout": 0.0, "input_dropout": 0.0}
    config = RnnConfig(vocab_size=vocab_size, nonlinearity="relu", **shape)
    model = build_model(config).eval()
    weights = dict(model.named_parameters())
    with torch.no_grad():
        for weight in weights.values():
            weight.zero_()
        weights["layers.0.cell.weight_ih_l0"][:vocab_size] = torch.eye(vocab_size)
        weights["layers.0.cell.weight_hh_l0"][vocab_size:, :-vocab_size] = torch.eye(width - vocab_size)
        weights["head.weight"][:, -vocab_size:] = torch.randn(vocab_size, vocab_size)
    return model


def test_a_short_text_has_shorter_contexts_and_a_shorter_one_none(run_folder: Path, tmp_path: Path) -> None:
    def measured(n: int, longest: int | None = None) -> tuple[int, ...]:
        path = tmp_path / f"{n}.txt"
        path.write_text(tiny.TEXT[:n], encoding="utf-8")
        (found,) = readings(open_model(str(run_folder)), TextSelection.of([str(path)]))
        return measure_memory(found, MemoryConfig(longest=longest, n_tokens=200)).nothing.lengths

    assert measured(600)[-1] == 256
    with pytest.raises(CorpusError, match=r"600.txt has 600 tokens, too few for contexts of 512 characters: .* --on, "):
        measured(600, 512)
    with pytest.raises(CorpusError, match=r"90.txt has 90 tokens, too few for passages and their contexts: give a"):
        measured(90)
    with pytest.raises(ConfigError, match="longest is 1: it must be 2 or more"):
        measured(600, 1)


def test_lengths_in_characters_become_the_nearest_powers_of_two_in_tokens(tmp_path: Path) -> None:
    folder = tiny.trained(tmp_path / "words", tokenizer=WordConfig())
    path = tmp_path / "story.txt"
    path.write_text(tiny.TEXT, encoding="utf-8")
    (found,) = readings(open_model(str(folder)), TextSelection.of([str(path)]))
    memory = measure_memory(found, MemoryConfig(longest=256, n_tokens=200))
    per_token = len(tiny.TEXT) / len(found.encoded.ids)
    assert memory.units_per_token == pytest.approx(per_token, rel=0.01)
    assert memory.nothing.lengths[-1] == 2 ** round(math.log2(256 / per_token))


def test_an_lstm_whose_gates_are_shut_looks_back_less(learned: Path) -> None:
    (reading,) = readings(open_model(str(learned)), TextSelection(part="train"))
    config = reading.saved.record.model
    assert isinstance(config, LstmConfig)
    weights = {name: array.copy() for name, array in reading.saved.weights.items()}
    bias = next(name for name in weights if name.endswith("bias_ih_l0"))
    width = config.d_model
    found: list[float] = []
    for change in (-9.0, 9.0):
        weights[bias][width : 2 * width] += change
        changed = replace(reading.saved, weights=dict(weights), expert=None)
        back = measure_memory(replace(reading, decoder=restore_decoder(changed)), SHORT).looks_back
        found.append(back.tokens if back is not None else 0.0)
    assert 0 < found[0] < found[1]
