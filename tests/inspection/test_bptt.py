"""Backpropagation through time by hand: the same numbers as our decoder and automatic differentiation."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from seqgen.config import RnnConfig
from seqgen.inspection import bptt
from seqgen.models import Decoder, build_model, detach, read_weights

Ids = NDArray[np.int64]
V, D, T = 7, 5, 40
TOLERANCE = 1e-9


@pytest.fixture
def decoder() -> Decoder:
    """A plain RNN over one-hot vectors, in float64, whose every weight matters."""
    torch.manual_seed(1)
    shape: dict[str, Any] = {"n_layer": 1, "d_model": D, "d_embedding": None, "dropout": 0.0, "input_dropout": 0.0}
    model = build_model(RnnConfig(vocab_size=V, **shape)).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.5)
    return model


@pytest.fixture
def ids() -> Ids:
    return np.random.default_rng(2).integers(0, V, T + 1)


def by_hand(decoder: Decoder) -> bptt.Weights:
    """The weights of the decoder under the names of the page. It has two biases of the state; their sum counts."""
    weights = read_weights(decoder)
    return bptt.Weights(
        W_xh=weights["layers.0.cell.weight_ih_l0"],
        W_hh=weights["layers.0.cell.weight_hh_l0"],
        W_hy=weights["head.weight"],
        b_h=weights["layers.0.cell.bias_ih_l0"] + weights["layers.0.cell.bias_hh_l0"],
        b_y=weights["head.bias"],
    )


def gradients_of(decoder: Decoder) -> bptt.Weights:
    gradients = {name: np.asarray(parameter.grad) for name, parameter in decoder.named_parameters()}
    return bptt.Weights(
        W_xh=gradients["layers.0.cell.weight_ih_l0"],
        W_hh=gradients["layers.0.cell.weight_hh_l0"],
        W_hy=gradients["head.weight"],
        b_h=gradients["layers.0.cell.bias_hh_l0"],
        b_y=gradients["head.bias"],
    )


def assert_equal(found: bptt.Weights, expected: bptt.Weights) -> None:
    for field in dataclasses.fields(bptt.Weights):
        ours, theirs = getattr(found, field.name), getattr(expected, field.name)
        assert np.abs(theirs).max() > 1e-4, field.name
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE, err_msg=field.name)


def read_by_hand(weights: bptt.Weights, ids: Ids, h: bptt.Array) -> tuple[float, bptt.Gradients, bptt.Array]:
    """Loss, gradients and last state of one window."""
    inputs, targets = ids[:-1], ids[1:]
    states, probabilities = bptt.forward(weights, inputs, h)
    gradients = bptt.backward(weights, inputs, targets, states=states, probabilities=probabilities)
    return bptt.mean_loss(probabilities, targets), gradients, states[-1]


def test_loss_and_every_gradient_equal_those_of_automatic_differentiation(decoder: Decoder, ids: Ids) -> None:
    loss, gradients, _ = read_by_hand(by_hand(decoder), ids, np.zeros(D))
    window = torch.from_numpy(ids)[None]
    logits, _ = decoder(window[:, :-1])
    expected = F.cross_entropy(logits[0], window[0, 1:])
    expected.backward()  # type: ignore[no-untyped-call]
    assert abs(loss - expected.item()) < TOLERANCE
    assert_equal(gradients.weights, gradients_of(decoder))


def test_window_by_window_it_is_the_truncated_backpropagation_of_training(decoder: Decoder, ids: Ids) -> None:
    window, state, h = torch.from_numpy(ids)[None], None, np.zeros(D)
    for start in range(0, T, 10):
        loss, gradients, h = read_by_hand(by_hand(decoder), ids[start : start + 11], h)
        decoder.zero_grad()
        logits, state = decoder(window[:, start : start + 10], state)
        expected = F.cross_entropy(logits[0], window[0, start + 1 : start + 11])
        expected.backward()  # type: ignore[no-untyped-call]
        assert abs(loss - expected.item()) < TOLERANCE
        assert_equal(gradients.weights, gradients_of(decoder))
        state = detach(state)


def test_truncation_leaves_out_what_the_whole_gradient_has(decoder: Decoder, ids: Ids) -> None:
    weights, h = by_hand(decoder), np.zeros(D)
    _, whole, _ = read_by_hand(weights, ids, h)
    parts = []
    for start in range(0, T, 10):
        _, gradients, h = read_by_hand(weights, ids[start : start + 11], h)
        parts.append(gradients.weights)
    np.testing.assert_allclose(np.mean([part.W_hy for part in parts], axis=0), whole.weights.W_hy, atol=TOLERANCE)
    assert np.abs(np.mean([part.W_hh for part in parts], axis=0) - whole.weights.W_hh).max() > 1e-4


def test_the_gradient_in_the_states_is_that_of_finite_differences(decoder: Decoder, ids: Ids) -> None:
    weights, h, step = by_hand(decoder), np.full(D, 0.1), 1e-6
    _, gradients, _ = read_by_hand(weights, ids, h)
    for unit, direction in enumerate(np.eye(D)):
        above, below = (read_by_hand(weights, ids, h + sign * step * direction)[0] for sign in (1, -1))
        assert abs(gradients.states[0, unit] - (above - below) / (2 * step)) < 1e-8


def test_large_logits_do_not_overflow() -> None:
    weights = bptt.Weights(W_xh=np.eye(2), W_hh=np.eye(2), W_hy=1e4 * np.eye(2), b_h=np.zeros(2), b_y=np.zeros(2))
    _, probabilities = bptt.forward(weights, np.array([0, 1]), np.zeros(2))
    assert np.isfinite(probabilities).all()
