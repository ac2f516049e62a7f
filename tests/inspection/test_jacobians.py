"""Products of Jacobians: their largest singular value, and what the theory allows."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqgen.inspection.bounds import bounds_of, recurrent_matrices, set_recurrent_norm
from seqgen.inspection.jacobians import Stretch, largest_singular_values
from seqgen.inspection.new_cells import NewCell
from seqgen.inspection.windows import windows_of
from seqgen.models import Decoder

V, LAGS = 9, [1, 3, 10, 30]
WINDOWS = windows_of(np.random.default_rng(0).integers(0, V, 500), lag=30, most=3)


def decoder_of(cell: str) -> Decoder:
    return NewCell.parse(cell + ",d_embedding=4").build(V, seed=0).double()


def stretch_of(cell: str) -> Stretch:
    stretch = largest_singular_values(decoder_of(cell), WINDOWS, LAGS)
    assert stretch is not None
    return stretch


@pytest.mark.parametrize(
    "cell", ["rnn,d_model=6", "rnn,d_model=6,nonlinearity=relu", "lstm,d_model=5", "gru,d_model=5"]
)
def test_the_singular_value_is_that_of_the_product_of_jacobians(cell: str) -> None:
    decoder, window = decoder_of(cell), WINDOWS[:1]
    n_before = window.shape[1] - LAGS[-1]
    _, state = decoder.features(window[:, :n_before], None)

    def step(vector: torch.Tensor, time: int) -> torch.Tensor:
        parts = vector[None].chunk(len(state), dim=1)
        _, after = decoder.features(window[:, time : time + 1], tuple(part.contiguous() for part in parts))
        return torch.cat(after, dim=1)[0]

    vector, jacobians = torch.cat(state, dim=1)[0].detach(), []
    for time in range(n_before, window.shape[1]):
        rows = torch.autograd.functional.jacobian(lambda h, time=time: step(h, time), vector)  # type: ignore[no-untyped-call]
        jacobians.append(rows)
        vector = step(vector, time).detach()
    measured = largest_singular_values(decoder, window, LAGS)
    assert measured is not None and measured.is_exact
    for lag, value in zip(LAGS, measured.values, strict=True):
        product = torch.eye(len(vector), dtype=torch.float64)
        for jacobian in jacobians[-lag:]:
            product = jacobian @ product
        exact = torch.linalg.svdvals(product)[0]
        assert value == pytest.approx(float(exact), rel=1e-9)


@pytest.mark.parametrize("cell", ["rnn,d_model=40", "lstm,d_model=20,forget_bias=4"])
def test_power_iteration_comes_close_to_the_exact_value(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = largest_singular_values(decoder_of(cell), WINDOWS[:1], LAGS)
    monkeypatch.setattr("seqgen.inspection.jacobians._MOST_EXACT", 1)
    found = largest_singular_values(decoder_of(cell), WINDOWS[:1], LAGS)
    assert exact is not None and found is not None and not found.is_exact
    for value, truth in zip(found.values, exact.values, strict=True):
        assert 0.95 * truth < value < truth * (1 + 1e-6)


@pytest.mark.parametrize(
    "cell",
    [
        "rnn,d_model=12",
        "rnn,d_model=12,recurrent_norm=2",
        "rnn,d_model=12,nonlinearity=relu,recurrent_norm=1.2",
        "rnn,d_model=12,n_layer=3,recurrent_norm=0.9",
    ],
)
def test_no_singular_value_exceeds_the_bound_of_the_theory(cell: str) -> None:
    decoder = decoder_of(cell)
    with torch.no_grad():
        for matrix in decoder.matrices():
            matrix.weight.add_(0.1 * torch.randn_like(matrix.weight))
    lags = list(range(1, 31))
    measured, bounds = largest_singular_values(decoder, WINDOWS, lags), bounds_of(decoder, "rnn", lags)
    assert measured is not None and bounds is not None
    for value, bound in zip(measured.values, bounds, strict=True):
        assert value <= bound * (1 + 1e-9)


def test_the_bound_of_one_layer_is_a_power_of_the_norm_of_its_matrix() -> None:
    decoder = decoder_of("rnn,d_model=12,recurrent_norm=1.5")
    bounds = bounds_of(decoder, "rnn", [1, 10])
    assert bounds == pytest.approx([1.5, 1.5**10], rel=1e-5)


def test_the_identity_start_neither_stretches_nor_shrinks() -> None:
    values = stretch_of("rnn,d_model=12,nonlinearity=relu,recurrent_init=identity").values
    assert values == pytest.approx([1, 1, 1, 1], abs=0.02)


def test_gates_have_no_bound() -> None:
    assert bounds_of(decoder_of("gru"), "gru", LAGS) is None


def test_a_transformer_has_no_state_that_goes_from_step_to_step() -> None:
    decoder = NewCell.parse("transformer").build(V, seed=0).double()
    assert largest_singular_values(decoder, WINDOWS, LAGS) is None


def test_scaling_sets_the_norm_of_every_gate() -> None:
    decoder = decoder_of("lstm,n_layer=2")
    set_recurrent_norm(decoder, 1.5)
    blocks = recurrent_matrices(decoder)
    assert len(blocks) == 8
    assert [float(torch.linalg.matrix_norm(block, 2)) for block in blocks] == pytest.approx([1.5] * 8)


def test_numbers_beyond_float64_are_no_numbers_in_the_report() -> None:
    stretch = Stretch(lags=(1,), values=(float("inf"),), bounds=None, is_exact=True)
    assert stretch.to_json()["largest_singular_values"] == [None]
