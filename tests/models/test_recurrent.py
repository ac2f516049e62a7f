"""How the weights of the recurrent decoders start, and their dropout."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seqgen.config import MODEL_CONFIGS as CONFIG_CLASSES
from seqgen.config import LstmConfig, RecurrentConfig, WeightDropConfig
from seqgen.models import build_model
from seqgen.models.dropout import LockedDropout
from seqgen.models.recurrent import RecurrentDecoder
from seqgen.models.recurrent_layer import RecurrentLayer
from seqgen.models.torch_cells import window_weights
from tests.tiny import MODEL_CONFIGS

WITH_RECURRENT_MATRIX = [cell for cell, config in CONFIG_CLASSES.items() if issubclass(config, WeightDropConfig)]
RECURRENT = [cell for cell, config in CONFIG_CLASSES.items() if issubclass(config, RecurrentConfig)]

every_recurrent_matrix = pytest.mark.parametrize("name", WITH_RECURRENT_MATRIX)
every_recurrent_cell = pytest.mark.parametrize("name", RECURRENT)


@every_recurrent_matrix
def test_recurrent_weights_start_as_half_an_orthogonal_matrix_gate_by_gate(name: str) -> None:
    for parameter_name, weight in build_model(MODEL_CONFIGS[name]).named_parameters():
        if parameter_name.endswith("weight_hh_l0"):
            for block in weight.chunk(len(weight) // weight.shape[1]):
                torch.testing.assert_close(block @ block.T, torch.eye(len(block)) / 4, rtol=0, atol=1e-5)


@every_recurrent_cell
def test_input_weights_start_small(name: str) -> None:
    model = make(name, d_embedding=50, d_model=200)
    for layer in model.layers:
        assert isinstance(layer, RecurrentLayer)
        weight = layer.matrices()[0].weight
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


def first_layer_input(model: RecurrentDecoder, ids: Tensor) -> Tensor:
    """What the first layer reads of a window, (T, B, E)."""
    seen: list[Tensor] = []
    hook = model.layers[0].register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    model(ids)
    hook.remove()
    (x,) = seen
    return x.detach()


def recurrent_gradient(model: RecurrentDecoder, ids: Tensor) -> Tensor:
    """The gradient that one window gives the recurrent matrix of the first layer."""
    model.zero_grad()
    model(ids)[0].square().sum().backward()
    gradient = dict(model.named_parameters())["layers.0.cell.weight_hh_l0"].grad
    assert gradient is not None
    return gradient.clone()


def test_weight_drop_zeroes_its_share_of_recurrent_weights_anew_for_every_window_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    cell = nn.LSTM(5, 64)
    whole = cell.all_weights[0][1]
    first, second = (window_weights(cell, 0.4)[1] for _ in range(2))
    for dropped in (first, second):
        is_kept = dropped != 0
        assert is_kept.float().mean().item() == pytest.approx(0.6, abs=0.05)
        torch.testing.assert_close(dropped[is_kept], whole[is_kept] / 0.6)
    assert not torch.equal(first == 0, second == 0)


@every_recurrent_matrix
def test_a_weight_that_was_dropped_gets_no_gradient_from_its_window(name: str) -> None:
    torch.manual_seed(0)
    model = make(name, d_model=64, weight_drop=0.4)
    ids = torch.randint(0, model.vocab_size, (2, 6))
    first, second = recurrent_gradient(model, ids), recurrent_gradient(model, ids)
    for gradient in (first, second):
        assert (gradient == 0).float().mean().item() == pytest.approx(0.4, abs=0.05)
    assert not torch.equal(first == 0, second == 0)


@every_recurrent_matrix
def test_weight_drop_leaves_scoring_alone(name: str) -> None:
    model = make(name, weight_drop=0.4).eval()
    ids = torch.randint(0, model.vocab_size, (2, 6))
    assert (recurrent_gradient(model, ids) != 0).all()
    assert torch.equal(model(ids)[0], model(ids)[0])


def test_input_dropout_takes_units_of_what_the_first_layer_reads_and_dropout_does_not() -> None:
    torch.manual_seed(0)
    ids = torch.randint(0, 11, (30, 7))
    shares = []
    for settings in ({"dropout": 0.5}, {"input_dropout": 0.5}):
        x = first_layer_input(make("lstm", **settings), ids)
        assert torch.equal(x == 0, (x[:1] == 0).expand_as(x))
        shares.append((x == 0).float().mean().item())
    assert shares == [0.0, pytest.approx(0.5, abs=0.1)]


@pytest.mark.parametrize("name", ["lstm", "lstm-one-hot"])
def test_embedding_dropout_drops_whole_rows_of_the_embedding_and_keeps_the_mean(name: str) -> None:
    torch.manual_seed(0)
    model = make(name, vocab_size=600, embedding_dropout=0.25)
    ids = torch.cat([torch.randperm(600) for _ in range(4)]).view(4, 600)  # every id in every stream
    whole = first_layer_input(model.eval(), ids)
    dropped = first_layer_input(model.train(), ids)
    scale = (dropped.sum(2) / whole.sum(2)).T  # (B, T)
    torch.testing.assert_close(dropped, scale.T[..., None] * whole, rtol=1e-3, atol=1e-4)
    of_id = torch.stack([row[order] for row, order in zip(scale, ids.argsort(dim=1), strict=True)])  # (B, V)
    torch.testing.assert_close(of_id, of_id[:1].expand_as(of_id), rtol=1e-3, atol=1e-3)
    is_dropped = of_id.abs() < 1e-3
    assert 0.15 < is_dropped.float().mean() < 0.35
    torch.testing.assert_close(of_id[~is_dropped], torch.full_like(of_id[~is_dropped], 1 / 0.75), rtol=1e-3, atol=0)
    assert of_id.mean().item() == pytest.approx(1.0, abs=0.1)


def test_embedding_dropout_leaves_scoring_alone() -> None:
    config = MODEL_CONFIGS["lstm"]
    assert isinstance(config, LstmConfig)
    model = build_model(replace(config, embedding_dropout=0.5)).eval()
    ids = torch.randint(0, config.vocab_size, (2, 5))
    assert torch.equal(model(ids)[0], model(ids)[0])
