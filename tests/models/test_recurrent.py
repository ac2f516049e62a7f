"""What the recurrent decoders start as, and their dropout."""

from __future__ import annotations

import math

import pytest
import torch

from seqgen.models import build_model
from seqgen.models.dropout import LockedDropout
from tests.tiny import MODEL_CONFIGS


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_recurrent_weights_start_orthogonal_gate_by_gate(name: str) -> None:
    for parameter_name, weight in build_model(MODEL_CONFIGS[name]).named_parameters():
        if parameter_name.endswith("weight_hh_l0"):
            for block in weight.chunk(len(weight) // weight.shape[1]):
                torch.testing.assert_close(block @ block.T, torch.eye(len(block)), rtol=0, atol=1e-5)


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
