"""What a step makes smaller: cross-entropy, and what regularisation adds to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from seqgen.config import LstmConfig, ModelConfig, TrainingConfig
from seqgen.models import Decoder, State, build_model
from seqgen.training.objective import Objective
from tests.tiny import MODEL_CONFIGS, V

CONFIG = TrainingConfig(
    n_streams=2,
    window=6,
    learning_rate=0.01,
    muon_rate=0.02,
    evaluate_every=5,
    clip_norm=None,
    weight_decay=0.0,
    precision="float32",
)
every_model = pytest.mark.parametrize("config", MODEL_CONFIGS.values(), ids=MODEL_CONFIGS.keys())


def make(config: ModelConfig) -> Decoder:
    torch.manual_seed(0)
    return build_model(config).double().eval()


def some_window(length: int = 6) -> tuple[Tensor, Tensor]:
    ids = torch.randint(0, V, (2, length + 1), generator=torch.Generator().manual_seed(1))
    return ids[:, :-1], ids[:, 1:]


def measured(model: Decoder, window: tuple[Tensor, Tensor], **penalties: Any) -> tuple[Tensor, Tensor, State]:
    objective, nats, state = Objective(model, replace(CONFIG, **penalties))(*window, state=None)
    assert isinstance(objective, Tensor)
    return objective, nats, state


@every_model
def test_without_penalties_it_is_the_mean_nats_per_token_alone(config: ModelConfig) -> None:
    model, (inputs, targets) = make(config), some_window()
    objective, nats, state = measured(model, (inputs, targets))
    logits, expected_state = model(inputs)
    expected = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum") / targets.numel()
    torch.testing.assert_close(objective, expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(nats, expected.detach(), rtol=0, atol=1e-12)
    assert all(torch.equal(one, other) for one, other in zip(state, expected_state, strict=True))


@every_model
def test_the_activation_penalty_adds_the_mean_square_of_what_the_output_layer_reads(config: ModelConfig) -> None:
    model, window = make(config), some_window()
    plain, nats, _ = measured(model, window)
    objective, same_nats, _ = measured(model, window, activation_penalty=2.0)
    features = model.features(window[0], None)[0].detach()
    expected = sum(float(value) ** 2 for value in features.flatten()) / features.numel()
    assert (objective - plain).item() == pytest.approx(2.0 * expected, rel=1e-5)
    assert torch.equal(nats, same_nats)


@every_model
def test_the_change_penalty_adds_the_mean_square_of_its_change_from_token_to_token(config: ModelConfig) -> None:
    model, window = make(config), some_window()
    plain, nats, _ = measured(model, window)
    objective, same_nats, _ = measured(model, window, change_penalty=3.0)
    features = model.features(window[0], None)[0].detach()  # (B, T, D)
    change = features[:, 1:] - features[:, :-1]
    expected = sum(float(value) ** 2 for value in change.flatten()) / change.numel()
    assert (objective - plain).item() == pytest.approx(3.0 * expected, rel=1e-5)
    assert torch.equal(nats, same_nats)


def test_penalties_are_on_what_dropout_has_left() -> None:
    config = MODEL_CONFIGS["lstm"]
    assert isinstance(config, LstmConfig)
    model, window = make(replace(config, dropout=0.5)).train(), some_window()
    torch.manual_seed(5)
    objective, nats, _ = measured(model, window, activation_penalty=1.0)
    torch.manual_seed(5)
    features, _ = model.features(window[0], None)
    assert (features == 0).float().mean() > 0.2
    assert (objective - nats).item() == pytest.approx(features.square().mean().item(), rel=1e-5)


def test_a_window_of_one_token_has_no_change_and_leaves_finite_gradients() -> None:
    model = make(MODEL_CONFIGS["gru"])
    objective, _, _ = measured(model, some_window(1), change_penalty=3.0)
    objective.backward()  # type: ignore[no-untyped-call]
    assert all(parameter.grad is None or parameter.grad.isfinite().all() for parameter in model.parameters())


def test_products_in_bfloat16_leave_a_loss_in_float32_that_is_near() -> None:
    model, window = make(MODEL_CONFIGS["lstm"]).float(), some_window()
    exact, _, _ = measured(model, window)
    objective, nats, _ = measured(model, window, precision="bfloat16")
    assert objective.dtype == nats.dtype == torch.float32
    assert objective.item() == pytest.approx(exact.item(), rel=0.02)


def gradients(model: Decoder, window: tuple[Tensor, Tensor], weights: Tensor | None, **penalties: Any) -> list[Tensor]:
    objective, _, _ = Objective(model, replace(CONFIG, **penalties))(*window, state=None, weights=weights)
    return list(torch.autograd.grad(objective, list(model.parameters())))


@every_model
def test_a_masked_target_adds_nothing_to_nats_or_gradients(config: ModelConfig) -> None:
    """Two windows whose last four targets and inputs are masked cost what their first two tokens cost."""
    model, (inputs, targets) = make(config), some_window()
    weights = torch.zeros_like(targets, dtype=torch.float64)
    weights[:, :2] = 1 / 4
    beginning = inputs[:, :2], targets[:, :2]
    _, nats, _ = Objective(model, CONFIG)(inputs, targets, state=None, weights=weights)
    _, expected_nats, _ = measured(model, beginning)
    torch.testing.assert_close(nats, expected_nats)
    penalties = {"activation_penalty": 2.0, "change_penalty": 3.0}
    found = gradients(model, (inputs, targets), weights, **penalties)
    for gradient, expected in zip(found, gradients(model, beginning, None, **penalties), strict=True):
        torch.testing.assert_close(gradient.to_dense(), expected.to_dense(), rtol=1e-5, atol=1e-9)


@every_model
def test_weights_that_are_all_the_same_change_nothing(config: ModelConfig) -> None:
    model, window = make(config), some_window()
    weights = torch.full_like(window[1], 1 / 12, dtype=torch.float64)
    penalties = {"activation_penalty": 2.0, "change_penalty": 3.0}
    for gradient, expected in zip(
        gradients(model, window, weights, **penalties), gradients(model, window, None, **penalties), strict=True
    ):
        torch.testing.assert_close(gradient, expected, rtol=1e-5, atol=1e-9)
