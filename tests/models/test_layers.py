"""Our recurrent layers over a window against torch's modules of the same cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from seqgen.config import GruConfig, LstmConfig, Precision, RnnConfig
from seqgen.models import State, matmul_precision
from seqgen.models.gru import GruLayer
from seqgen.models.lstm import LstmLayer
from seqgen.models.rnn import RnnLayer
from tests.tiny import MODEL_CONFIGS

T, B, D_INPUT, D = 9, 4, 5, 8
CPU = torch.device("cpu")
Layer = RnnLayer | LstmLayer | GruLayer


def rnn_layer(name: str) -> RnnLayer:
    config = MODEL_CONFIGS[name]
    assert isinstance(config, RnnConfig)
    return RnnLayer(D_INPUT, replace(config, d_model=D))


def lstm_layer() -> LstmLayer:
    config = MODEL_CONFIGS["lstm"]
    assert isinstance(config, LstmConfig)
    return LstmLayer(D_INPUT, replace(config, d_model=D, forget_bias=0.5))


def gru_layer() -> GruLayer:
    config = MODEL_CONFIGS["gru"]
    assert isinstance(config, GruConfig)
    return GruLayer(D_INPUT, replace(config, d_model=D))


MAKERS: dict[str, tuple[Callable[[], Layer], Callable[[], nn.RNNBase], int]] = {
    "rnn-tanh": (lambda: rnn_layer("rnn"), lambda: nn.RNN(D_INPUT, D), 1),
    "rnn-relu": (lambda: rnn_layer("rnn-identity"), lambda: nn.RNN(D_INPUT, D, nonlinearity="relu"), 1),
    "lstm": (lstm_layer, lambda: nn.LSTM(D_INPUT, D), 2),
    "gru": (gru_layer, lambda: nn.GRU(D_INPUT, D), 1),
}
"""For each of torch's cells: our layer, torch's module, and the number of tensors in the state."""

every_cell = pytest.mark.parametrize("name", MAKERS)


def make(name: str, dtype: torch.dtype) -> tuple[Layer, nn.RNNBase, list[Tensor]]:
    """Our layer and torch's module with the same weights, and what they read: a window, then a state."""
    torch.manual_seed(0)
    make_layer, make_reference, n_state = MAKERS[name]
    layer, reference = make_layer().to(dtype), make_reference().to(dtype)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    reference.load_state_dict(layer.cell.state_dict())
    inputs = [torch.randn(T, B, D_INPUT, dtype=dtype), *(torch.randn(B, D, dtype=dtype) for _ in range(n_state))]
    return layer, reference, inputs


def read_layer(layer: Layer, x: Tensor, state: State | None, precision: Precision = "float32") -> list[Tensor]:
    with matmul_precision(precision, CPU):
        output, after = layer(x, state)
    return [output, *after]


def read_reference(cell: nn.RNNBase, x: Tensor, state: State) -> list[Tensor]:
    before = tuple(tensor[None] for tensor in state)  # (1, B, D) each
    output, after = cell(x, before if len(before) > 1 else before[0])
    return [output, *(tensor[0] for tensor in (after if isinstance(after, tuple) else (after,)))]


def gradients(results: Sequence[Tensor], sources: Sequence[Tensor]) -> Sequence[Tensor]:
    """The gradients of a sum of all results, in which each entry has a random weight."""
    draw = torch.Generator().manual_seed(1)
    total = torch.zeros((), dtype=sources[0].dtype)
    for result in results:
        weights = torch.randn(result.shape, generator=draw, dtype=torch.float64).to(sources[0])
        total = total + (result.to(sources[0]) * weights).sum()
    return torch.autograd.grad(total, sources)


def layer_and_reference(name: str, dtype: torch.dtype, precision: Precision) -> tuple[list[Tensor], list[Tensor]]:
    """Our layer's and torch's output, state after the window, and gradients of window, state, weights and biases."""
    layer, reference, inputs = make(name, dtype)
    computed: list[list[Tensor]] = []
    for module in (layer, reference):
        x, *state = (tensor.clone().requires_grad_() for tensor in inputs)
        if isinstance(module, nn.RNNBase):
            results = read_reference(module, x, tuple(state))
        else:
            results = read_layer(module, x, tuple(state), precision)
        computed.append([*results, *gradients(results, [x, *state, *module.parameters()])])
    return computed[0], computed[1]


@every_cell
def test_outputs_states_and_all_gradients_are_those_of_torch(name: str) -> None:
    results, expected = layer_and_reference(name, torch.float64, "float32")
    assert len(results) == len(expected) >= 8
    for result, reference in zip(results, expected, strict=True):
        torch.testing.assert_close(result, reference, rtol=0, atol=1e-10)


@every_cell
def test_with_matrix_multiplications_in_bfloat16_they_come_near_it(name: str) -> None:
    results, expected = layer_and_reference(name, torch.float32, "bfloat16")
    for result, reference in zip(results, expected, strict=True):
        assert (result.float() - reference).norm() < 0.05 * reference.norm()


@every_cell
def test_the_state_stays_in_the_type_of_the_weights(name: str) -> None:
    layer, _, (x, *state) = make(name, torch.float32)
    _, *after = read_layer(layer, x, tuple(state), "bfloat16")
    assert {tensor.dtype for tensor in after} == {torch.float32}


@every_cell
def test_no_state_is_a_state_of_zeros(name: str) -> None:
    layer, _, (x, *state) = make(name, torch.float64)
    zeros = tuple(torch.zeros_like(tensor) for tensor in state)
    for without, with_zeros in zip(read_layer(layer, x, None), read_layer(layer, x, zeros), strict=True):
        torch.testing.assert_close(without, with_zeros, rtol=0, atol=0)


@every_cell
def test_a_window_of_one_step_has_all_gradients_too(name: str) -> None:
    layer, reference, (x, *state) = make(name, torch.float64)
    x = x[:1]
    computed = gradients(read_layer(layer, x, tuple(state)), list(layer.parameters()))
    expected = gradients(read_reference(reference, x, tuple(state)), list(reference.parameters()))
    for gradient, reference_gradient in zip(computed, expected, strict=True):
        torch.testing.assert_close(gradient, reference_gradient, rtol=0, atol=1e-10)
