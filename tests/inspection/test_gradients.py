"""Gradients through time: which cells lose them, which blow them up, which keep them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from seqgen.config import ModelConfig
from seqgen.errors import CorpusError
from seqgen.inspection import bptt
from seqgen.inspection.flows import flow_of_cell, flows_of_copying
from seqgen.inspection.gradients import GradientNorms, gradient_norms, lags_up_to
from seqgen.inspection.new_cells import NewCell, build_from_seed
from seqgen.inspection.streams import Stream
from seqgen.inspection.windows import windows_of
from seqgen.models import Decoder, State, read_weights
from seqgen.training.clipping import clip
from tests.tiny import MODEL_CONFIGS, V

SMALL = ",d_model=24,d_embedding=8"


def norms_of(cell: str, *, lag: int = 100) -> GradientNorms:
    """Measured in a new, small cell that reads random tokens."""
    return flow_of_cell(NewCell.parse(cell + SMALL), Stream.at_random(seed=0), lag=lag, seed=0).norms


def share_at(norms: GradientNorms, lag: int) -> float:
    return norms.relative[norms.lags.index(lag)]


def test_a_tanh_network_loses_the_gradient() -> None:
    assert share_at(norms_of("rnn"), 10) < 0.01
    assert share_at(norms_of("rnn"), 100) < 1e-20


def test_a_large_recurrent_matrix_blows_the_gradient_up() -> None:
    assert share_at(norms_of("rnn,recurrent_norm=3"), 100) > 1e6


def test_relu_with_the_identity_start_keeps_the_gradient() -> None:
    assert 0.5 < share_at(norms_of("rnn,nonlinearity=relu,recurrent_init=identity"), 100) < 1.5


def test_a_forget_gate_that_begins_open_keeps_the_gradient() -> None:
    assert share_at(norms_of("lstm"), 100) < 1e-4
    assert share_at(norms_of("lstm,forget_bias=5"), 100) > 0.1


def test_of_new_transformers_no_position_reads_another() -> None:
    norms = flow_of_cell(NewCell.parse("transformer"), Stream.at_random(seed=0), lag=10, seed=0).norms
    assert set(norms.states) == {0.0}
    assert all(map(math.isnan, norms.relative))


def after_copying(cell: str, *, n_steps: int) -> tuple[GradientNorms, float | None]:
    """The gradients in a small cell that has learned the copy task, and the share of symbols that it names."""
    _, after = flows_of_copying(NewCell.parse(f"{cell},d_model=32"), lag=100, n_steps=n_steps, seed=0)
    return after.norms, after.share_copied


def test_after_the_copy_task_a_tanh_network_has_no_gradient_left_at_lag_100() -> None:
    norms, share_copied = after_copying("rnn", n_steps=200)
    assert share_at(norms, 100) < 0.001
    assert share_copied is not None and share_copied < 0.5


def test_after_the_copy_task_an_lstm_has_over_a_tenth_of_the_gradient_at_lag_100() -> None:
    norms, share_copied = after_copying("lstm", n_steps=450)
    assert share_at(norms, 100) > 0.1
    assert share_copied == 1.0


def test_clipping_bounds_the_step_and_changes_no_direction() -> None:
    spec, windows = NewCell.parse("rnn,recurrent_norm=3" + SMALL), windows_of(np.arange(200) % 9, lag=100, most=2)
    decoder = spec.build(9, seed=0).double()
    norms = gradient_norms(decoder, windows, lags_up_to(100), clip_norm=1.0)
    assert norms.weights > 1e4
    assert norms.weights * norms.clipped_share == pytest.approx(1.0)

    _, state = decoder.features(windows[:, :-101], None)
    logits, _ = decoder(windows[:, -101:-1], tuple(tensor.detach() for tensor in state))
    F.cross_entropy(logits[:, -1], windows[:, -1]).backward()  # type: ignore[no-untyped-call]
    before = [parameter.grad.clone() for parameter in decoder.parameters() if parameter.grad is not None]
    assert clip(decoder, 1.0) == pytest.approx(norms.weights)
    after = [parameter.grad for parameter in decoder.parameters() if parameter.grad is not None]
    assert torch.cat([gradient.flatten() for gradient in after]).norm() <= 1.0
    for one, other in zip(before, after, strict=True):
        torch.testing.assert_close(one * norms.clipped_share, other)


def test_a_gradient_below_the_norm_is_not_clipped() -> None:
    assert norms_of("rnn").clipped_share == 1.0


@pytest.mark.parametrize("config", MODEL_CONFIGS.values(), ids=MODEL_CONFIGS.keys())
def test_norms_are_those_of_automatic_differentiation_step_by_step(config: ModelConfig) -> None:
    decoder = with_random_weights(build_from_seed(config, seed=0))
    ids = torch.randint(0, V, (1, 22))
    measured = gradient_norms(decoder, ids, [1, 2, 7, 20])
    states: list[State] = []
    state: State | None = None
    for time in range(21):
        features, state = decoder.features(ids[:, time : time + 1], state)
        for tensor in state:
            if tensor.is_floating_point():
                tensor.retain_grad()
        states.append(state)
    F.cross_entropy(decoder.head(features[:, -1]), ids[:, -1]).backward()  # type: ignore[no-untyped-call]
    for lag, norm in zip(measured.lags, measured.states, strict=True):
        gradients = [zeros_without(tensor) for tensor in states[20 - lag]]
        parts = [part.flatten() for part in decoder.latest(tuple(gradients))]
        assert norm == pytest.approx(float(torch.cat(parts).norm()), rel=1e-9)


def test_the_gradient_by_hand_is_the_measured_one() -> None:
    decoder = with_random_weights(NewCell.parse("rnn,d_model=6,d_embedding=none").build(5, seed=0))
    ids = np.random.default_rng(3).integers(0, 5, 32)
    measured = gradient_norms(decoder, torch.from_numpy(ids)[None], [1, 10, 30])
    # The loss of the last token is the difference of the sums of all losses and of all losses but the last.
    all_losses, but_the_last = (len(part[1:]) * states_by_hand(decoder, part) for part in (ids, ids[:-1]))
    of_last = all_losses[:-1] - but_the_last
    for lag, norm in zip(measured.lags, measured.states, strict=True):
        assert norm == pytest.approx(float(np.linalg.norm(of_last[31 - lag])), rel=1e-9)


def test_the_same_seed_gives_the_same_numbers() -> None:
    assert norms_of("lstm") == norms_of("lstm")


def test_lags_are_dense_at_first_and_even_later() -> None:
    assert lags_up_to(1) == (1,)
    assert lags_up_to(5) == (1, 2, 3, 4, 5)
    assert lags_up_to(300)[:8] == (1, 2, 3, 4, 6, 10, 15, 30)
    assert lags_up_to(300)[-1] == 300


def test_windows_have_the_length_and_end_where_the_text_ends() -> None:
    windows = windows_of(np.arange(1000), lag=100, most=8)
    assert windows.shape == (8, 101 + 128)
    assert windows[-1, -1] == 999
    assert windows_of(np.arange(102), lag=100, most=8).shape == (1, 102)


def test_a_text_that_is_too_short_for_the_lag_is_refused() -> None:
    with pytest.raises(CorpusError, match="story has 101 tokens: looking 100 back takes 102 or more"):
        windows_of(np.arange(101), lag=100, most=8, name="story")


def zeros_without(tensor: Tensor) -> Tensor:
    """The gradient in a tensor; zeros if it has none."""
    return torch.zeros(tensor.shape).double() if tensor.grad is None else tensor.grad


def with_random_weights(decoder: Decoder) -> Decoder:
    """The decoder in float64, with random numbers added to all weights."""
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in decoder.double().parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return decoder


def states_by_hand(decoder: Decoder, ids: NDArray[np.int64]) -> NDArray[np.float64]:
    """The gradient of the mean loss in all states of a plain network over one-hot vectors, by `bptt`."""
    named = read_weights(decoder)
    cell = "layers.0.cell."
    weights = bptt.Weights(
        W_xh=named[cell + "weight_ih_l0"],
        W_hh=named[cell + "weight_hh_l0"],
        W_hy=named["head.weight"],
        b_h=named[cell + "bias_ih_l0"] + named[cell + "bias_hh_l0"],
        b_y=named["head.bias"],
    )
    states, probabilities = bptt.forward(weights, ids[:-1], np.zeros(len(weights.b_h)))
    return bptt.backward(weights, ids[:-1], ids[1:], states=states, probabilities=probabilities).states
