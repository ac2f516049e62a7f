"""What the recurrent decoders start as, and their dropout."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seqgen.config import LstmConfig
from seqgen.models import build_model
from seqgen.models.dropout import LockedDropout
from seqgen.models.recurrent import RecurrentDecoder
from tests.tiny import MODEL_CONFIGS


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_recurrent_weights_start_as_half_an_orthogonal_matrix_gate_by_gate(name: str) -> None:
    for parameter_name, weight in build_model(MODEL_CONFIGS[name]).named_parameters():
        if parameter_name.endswith("weight_hh_l0"):
            for block in weight.chunk(len(weight) // weight.shape[1]):
                torch.testing.assert_close(block @ block.T, torch.eye(len(block)) / 4, rtol=0, atol=1e-5)


def test_input_weights_start_small() -> None:
    for name, weight in make("lstm", d_embedding=50, d_model=200).named_parameters():
        if name.endswith("weight_ih_l0"):
            assert weight.std().item() == pytest.approx(0.3 * weight.shape[1] ** -0.5, rel=0.02)


def test_lstm_forget_gates_start_with_bias_one_and_the_others_with_none() -> None:
    biases = [p for name, p in build_model(MODEL_CONFIGS["lstm"]).named_parameters() if ".cell.bias" in name]
    total = biases[0] + biases[1]
    assert total.view(4, -1).tolist() == [[0.0] * 12, [1.0] * 12, [0.0] * 12, [0.0] * 12]


def test_identity_start_passes_the_hidden_state_on_unchanged() -> None:
    model = build_model(MODEL_CONFIGS["rnn-identity"])
    recurrent = [weight for name, weight in model.named_parameters() if name.endswith("weight_hh_l0")]
    assert all(torch.equal(weight, torch.eye(12)) for weight in recurrent)


def test_dropout_is_the_same_at_every_time_step_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    dropped = LockedDropout(0.25)(torch.ones(400, 7, 50))
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
    assert dropped.unique().tolist() == pytest.approx([0.0, 1 / 0.75])
    assert math.isclose(dropped.mean().item(), 1.0, abs_tol=0.02)
    assert not torch.equal(dropped[0], dropped[1])


def test_dropout_leaves_scoring_alone() -> None:
    layer = LockedDropout(0.5).eval()
    x = torch.randn(2, 3, 4)
    assert torch.equal(layer(x), x)


def make(name: str, **settings: Any) -> RecurrentDecoder:
    settings = {"dropout": 0.0, "input_dropout": 0.0, **settings}
    model = build_model(replace(MODEL_CONFIGS[name], **settings))
    assert isinstance(model, RecurrentDecoder)
    return model


def recurrent_weight(model: RecurrentDecoder) -> nn.Parameter:
    return dict(model.named_parameters())["layers.0.cell.weight_hh_l0"]


def first_layer_arguments(model: RecurrentDecoder, ids: Tensor) -> tuple[Tensor, Tensor]:
    """What a window feeds into the first layer: vectors (T, B, E), and the recurrent weights."""
    seen: list[tuple[Any, ...]] = []
    hook = model.layers[0].register_forward_pre_hook(lambda _, arguments: seen.append(arguments))
    model(ids)
    hook.remove()
    ((x, _, weight),) = seen
    return x.detach(), weight.detach()


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_weight_drop_zeroes_its_share_of_recurrent_weights_anew_for_every_window(name: str) -> None:
    torch.manual_seed(0)
    model = make(name, d_model=64, weight_drop=0.4)
    ids = torch.zeros(1, 3, dtype=torch.long)
    own = recurrent_weight(model)
    _, one = first_layer_arguments(model, ids)
    _, other = first_layer_arguments(model, ids)
    for dropped in (one, other):
        is_kept = dropped != 0
        assert is_kept.float().mean().item() == pytest.approx(0.6, abs=0.05)
        torch.testing.assert_close(dropped[is_kept], own[is_kept] / 0.6)
    assert not torch.equal(one == 0, other == 0)


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_weight_drop_leaves_scoring_alone(name: str) -> None:
    model = make(name, weight_drop=0.4).eval()
    _, weight = first_layer_arguments(model, torch.zeros(1, 3, dtype=torch.long))
    assert torch.equal(weight, recurrent_weight(model))


def test_a_weight_that_was_dropped_gets_no_gradient_from_its_window() -> None:
    torch.manual_seed(0)
    model = make("gru", weight_drop=0.4)
    seen: list[Tensor] = []
    model.layers[0].register_forward_pre_hook(lambda _, arguments: seen.append(arguments[2]))
    model(torch.randint(0, model.vocab_size, (2, 6)))[0].square().sum().backward()
    gradient = recurrent_weight(model).grad
    assert gradient is not None
    assert torch.equal(gradient == 0, seen[0] == 0)


def test_input_dropout_takes_units_of_what_the_first_layer_reads_and_dropout_does_not() -> None:
    torch.manual_seed(0)
    ids = torch.randint(0, 11, (30, 7))
    shares = []
    for settings in ({"dropout": 0.5}, {"input_dropout": 0.5}):
        x, _ = first_layer_arguments(make("lstm", **settings), ids)  # (T, B, E)
        assert torch.equal(x == 0, (x[:1] == 0).expand_as(x))
        shares.append((x == 0).float().mean().item())
    assert shares == [0.0, pytest.approx(0.5, abs=0.1)]


@pytest.mark.parametrize("name", ["lstm", "lstm-one-hot"])
def test_embedding_dropout_drops_whole_kinds_of_tokens_and_keeps_the_mean(name: str) -> None:
    torch.manual_seed(0)
    model = make(name, vocab_size=600, embedding_dropout=0.25)
    ids = torch.cat([torch.randperm(600) for _ in range(4)]).view(4, 600)  # every kind in every stream
    whole, _ = first_layer_arguments(model.eval(), ids)
    dropped, _ = first_layer_arguments(model.train(), ids)
    scale = (dropped.sum(2) / whole.sum(2)).T  # (B, T)
    torch.testing.assert_close(dropped, scale.T[..., None] * whole, rtol=1e-3, atol=1e-4)
    of_kind = torch.stack([row[order] for row, order in zip(scale, ids.argsort(dim=1), strict=True)])  # (B, V)
    torch.testing.assert_close(of_kind, of_kind[:1].expand_as(of_kind), rtol=1e-3, atol=1e-3)
    is_dropped = of_kind.abs() < 1e-3
    assert 0.15 < is_dropped.float().mean() < 0.35
    torch.testing.assert_close(of_kind[~is_dropped], torch.full_like(of_kind[~is_dropped], 1 / 0.75), rtol=1e-3, atol=0)
    assert of_kind.mean().item() == pytest.approx(1.0, abs=0.1)


def test_embedding_dropout_leaves_scoring_alone() -> None:
    config = MODEL_CONFIGS["lstm"]
    assert isinstance(config, LstmConfig)
    model = build_model(replace(config, embedding_dropout=0.5)).eval()
    ids = torch.randint(0, config.vocab_size, (2, 5))
    assert torch.equal(model(ids)[0], model(ids)[0])
