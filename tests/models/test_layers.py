"""Our recurrent layers over a window against torch's own of the same cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from seqgen.config import LstmConfig, Precision, RnnConfig
from seqgen.models import State, matmul_precision
from seqgen.models.gru import GruLayer
from seqgen.models.lstm import LstmLayer
from seqgen.models.recurrent import RecurrentLayer
from seqgen.models.rnn import RnnLayer
from tests.tiny import MODEL_CONFIGS

T, B, D_INPUT, D = 9, 4, 5, 8
CPU = torch.device("cpu")


def rnn_layer(name: str) -> RnnLayer:
    config = MODEL_CONFIGS[name]
    assert isinstance(config, RnnConfig)
    return RnnLayer(D_INPUT, D, config)


def lstm_layer() -> LstmLayer:
    config = MODEL_CONFIGS["lstm"]
    assert isinstance(config, LstmConfig)
    return LstmLayer(D_INPUT, D, replace(config, forget_bias=0.5))


MAKERS: dict[str, tuple[Callable[[], RecurrentLayer], Callable[[], nn.RNNBase], int]] = {
    "rnn-tanh": (lambda: rnn_layer("rnn"), lambda: nn.RNN(D_INPUT, D), 1),
    "rnn-relu": (lambda: rnn_layer("rnn-identity"), lambda: nn.RNN(D_INPUT, D, nonlinearity="relu"), 1),
    "lstm": (lstm_layer, lambda: nn.LSTM(D_INPUT, D), 2),
    "gru": (lambda: GruLayer(D_INPUT, D), lambda: nn.GRU(D_INPUT, D), 1),
}
"""Of every cell: ours, torch's, and how many tensors its state has."""

every_cell = pytest.mark.parametrize("name", MAKERS)


def make(name: str, dtype: torch.dtype) -> tuple[RecurrentLayer, nn.RNNBase, list[Tensor]]:
    """Ours and torch's with the same weights, and a window and a state to read, in this order."""
    torch.manual_seed(0)
    make_own, make_reference, n_state = MAKERS[name]
    own, reference = make_own().to(dtype), make_reference().to(dtype)
    with torch.no_grad():
        for parameter in own.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    reference.load_state_dict(own.cell.state_dict())
    inputs = [torch.randn(T, B, D_INPUT, dtype=dtype), *(torch.randn(B, D, dtype=dtype) for _ in range(n_state))]
    return own, reference, inputs


def read_own(layer: RecurrentLayer, x: Tensor, state: State | None, precision: Precision = "float32") -> list[Tensor]:
    with matmul_precision(precision, CPU):
        output, after = layer(x, state, layer.weights[1])
    return [output, *after]


def read_reference(cell: nn.RNNBase, x: Tensor, state: State) -> list[Tensor]:
    before = tuple(tensor[None] for tensor in state)  # (1, B, D) each
    output, after = cell(x, before if len(before) > 1 else before[0])
    return [output, *(tensor[0] for tensor in (after if isinstance(after, tuple) else (after,)))]


def gradients(results: Sequence[Tensor], sources: Sequence[Tensor]) -> Sequence[Tensor]:
    """Of a sum of all results, each entry weighted at random."""
    draw = torch.Generator().manual_seed(1)
    total = torch.zeros((), dtype=sources[0].dtype)
    for result in results:
        weights = torch.randn(result.shape, generator=draw, dtype=torch.float64).to(sources[0])
        total = total + (result.to(sources[0]) * weights).sum()
    return torch.autograd.grad(total, sources)


def both(name: str, dtype: torch.dtype, precision: Precision) -> tuple[list[Tensor], list[Tensor]]:
    """Output, state after the window, and the gradients of window, state, weights and biases: ours and torch's."""
    own, reference, inputs = make(name, dtype)
    found: list[list[Tensor]] = []
    for module in (own, reference):
        x, *state = (tensor.clone().requires_grad_() for tensor in inputs)
        if isinstance(module, RecurrentLayer):
            results = read_own(module, x, tuple(state), precision)
        else:
            assert isinstance(module, nn.RNNBase)
            results = read_reference(module, x, tuple(state))
        found.append([*results, *gradients(results, [x, *state, *module.parameters()])])
    return found[0], found[1]


@every_cell
def test_outputs_states_and_all_gradients_are_those_of_torch(name: str) -> None:
    own, expected = both(name, torch.float64, "float32")
    assert len(own) == len(expected) >= 8
    for one, other in zip(own, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10)


@every_cell
def test_with_products_in_bfloat16_they_come_near_it(name: str) -> None:
    own, expected = both(name, torch.float32, "bfloat16")
    for one, other in zip(own, expected, strict=True):
        assert (one.float() - other).norm() < 0.05 * other.norm()


@every_cell
def test_the_state_stays_in_the_type_of_the_weights(name: str) -> None:
    own, _, (x, *state) = make(name, torch.float32)
    _, *after = read_own(own, x, tuple(state), "bfloat16")
    assert {tensor.dtype for tensor in after} == {torch.float32}


@every_cell
def test_no_state_is_a_state_of_zeros(name: str) -> None:
    own, _, (x, *state) = make(name, torch.float64)
    zeros = tuple(torch.zeros_like(tensor) for tensor in state)
    for one, other in zip(read_own(own, x, None), read_own(own, x, zeros), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


@every_cell
def test_a_window_of_one_step_has_all_gradients_too(name: str) -> None:
    own, reference, (x, *state) = make(name, torch.float64)
    x = x[:1]
    found = gradients(read_own(own, x, tuple(state)), list(own.parameters()))
    expected = gradients(read_reference(reference, x, tuple(state)), list(reference.parameters()))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10)
