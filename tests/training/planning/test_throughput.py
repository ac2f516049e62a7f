"""How fast a configuration trains here: measured, and nothing else is changed by it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from seqgen.config import ModelConfig, TrainingConfig
from seqgen.models import build_model, count_parameters
from seqgen.training.planning import timing
from seqgen.training.planning.throughput import measure_throughput
from tests.tiny import MODEL_CONFIGS

CPU = torch.device("cpu")
CONFIG = TrainingConfig(
    n_streams=2,
    window=8,
    learning_rate=0.01,
    muon_rate=0.02,
    evaluate_every=5,
    clip_norm=1.0,
    weight_decay=0.0,
    precision="float32",
)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "_MEASURE_S", 0.001)


@pytest.mark.parametrize("config", MODEL_CONFIGS.values(), ids=MODEL_CONFIGS.keys())
def test_throughput_is_positive_and_knows_its_parameters(config: ModelConfig) -> None:
    measured = measure_throughput(config, CONFIG, device=CPU)
    assert measured.step_s > 0
    assert measured.tokens_per_s == pytest.approx(2 * 8 / measured.step_s)
    assert measured.n_parameters == count_parameters(build_model(config))
    assert measured.memory_bytes > 4 * measured.n_parameters


def test_random_state_is_left_as_it_was() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    measure_throughput(MODEL_CONFIGS["lstm"], CONFIG, device=CPU)
    assert torch.equal(torch.get_rng_state(), before)


def test_longer_windows_and_more_streams_take_more_memory() -> None:
    sizes = [
        measure_throughput(
            MODEL_CONFIGS["gru"], replace(CONFIG, window=window, n_streams=n_streams), device=CPU
        ).memory_bytes
        for window, n_streams in ((8, 2), (512, 2), (512, 64))
    ]
    assert sizes == sorted(set(sizes))
