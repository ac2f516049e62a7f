"""Keeps a gradient from becoming too large (Pascanu, Mikolov & Bengio 2013)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def clip(model: nn.Module, largest: float | None) -> float:
    """Scale the gradient down to a global norm of `largest` at most. Returns the norm that it had.

    >>> model = nn.Linear(2, 1, bias=False)
    >>> model.weight.grad = torch.tensor([[3.0, 4.0]])
    >>> clip(model, 1.0)
    5.0
    >>> model.weight.grad
    tensor([[0.6000, 0.8000]])
    """
    parameters = [_with_dense_gradient(parameter) for parameter in model.parameters()]
    return float(torch.nn.utils.clip_grad_norm_(parameters, math.inf if largest is None else largest))


def _with_dense_gradient(parameter: nn.Parameter) -> Tensor:
    """The parameter, or for one with a sparse gradient a stand-in that has the rows of this gradient as its own."""
    if parameter.grad is None or not parameter.grad.is_sparse:
        return parameter
    parameter.grad = parameter.grad.coalesce()  # a row that was read twice has one gradient
    rows = parameter.grad.values()
    stand_in = torch.empty_like(rows)
    stand_in.grad = rows
    return stand_in
