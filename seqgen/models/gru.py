"""The gated recurrent unit: a reset and an update gate."""

from __future__ import annotations

from typing import Any, final

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from seqgen.config import GruConfig
from seqgen.models.base import State
from seqgen.models.precision import matmul_dtype
from seqgen.models.recurrent import RecurrentDecoder, RecurrentLayer, initialise_, tanh_


@final
class GruLayer(RecurrentLayer):
    """One layer (Cho et al. 2014), the reset gate applied to the recurrent product, as cuDNN has it."""

    n_gates = 3  # in the order reset, update, new

    def __init__(self, d_input: int, d_model: int) -> None:
        super().__init__()
        self.cell = nn.GRU(d_input, d_model)
        initialise_(self.cell, self.n_gates)

    def forward(self, x: Tensor, state: State | None, recurrent_weight: Tensor) -> tuple[Tensor, State]:
        input_weight, _, input_bias, recurrent_bias = self.weights
        (h,) = state or [x.new_zeros(x.shape[1], self.cell.hidden_size, dtype=input_weight.dtype)]  # (B, D)
        if x.device.type == "cpu":
            dtype = matmul_dtype(x)
            projected = F.linear(x, input_weight, input_bias)  # (T, B, 3D)
            x = GruWindow.apply(projected, h, recurrent_weight.to(dtype), recurrent_bias.to(dtype))  # type: ignore[no-untyped-call]
            return x.to(dtype), (x[-1],)
        weights = [input_weight, recurrent_weight, input_bias, recurrent_bias]
        x, last = torch.gru(x, h[None].to(x), weights, True, 1, 0.0, self.training, False, False)
        return x, (last[0].to(h.dtype),)


sigmoid_backward = torch.ops.aten.sigmoid_backward.default  # (gradient, sigmoid's result)
tanh_backward = torch.ops.aten.tanh_backward.default


class GruWindow(torch.autograd.Function):
    """The recurrence over a window on a processor, the input products taken beforehand.

    With a = U h + b and x the input products, r = sigmoid(x_r + a_r), z = sigmoid(x_z + a_z),
    n = tanh(x_n + r a_n), h' = n + z (h - n). One product and a dozen small kernels a time step; the gradient of
    U is one product for all steps. Products are in the type of `weight`, all else in that of `h`.
    """

    @staticmethod
    def forward(ctx: Any, projected: Tensor, h: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """x (T, B, 3D), h (B, D), U (3D, D), b (3D) -> (T, B, D)."""
        n_time, width = len(projected), h.shape[1]
        gates = projected.to(h.dtype, copy=True)  # x, and in its place r, z, n
        products = torch.empty_like(gates)  # a
        hidden = h.new_empty(n_time + 1, *h.shape)
        hidden[0] = h
        for time in range(n_time):
            before = hidden[time]
            products[time] = torch.addmm(bias, before.to(weight.dtype), weight.t())
            r_and_z, n = gates[time].tensor_split([2 * width], dim=1)
            torch.sigmoid_(r_and_z.add_(products[time, :, : 2 * width]))
            tanh_(n.addcmul_(r_and_z[:, :width], products[time, :, 2 * width :]))
            torch.addcmul(n, r_and_z[:, width:], before - n, out=hidden[time + 1])
        ctx.save_for_backward(gates, products, hidden, weight)
        ctx.projected_dtype = projected.dtype
        return hidden[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        gates, products, hidden, weight = ctx.saved_tensors
        width = grad.shape[2]
        d_products = weight.new_empty(gates.shape)  # of a: (T, B, 3D)
        d_projected = weight.new_empty(gates.shape)  # of x, which differs in n alone
        d_gates = torch.empty_like(gates[0])
        d_r, d_z, d_a = d_gates.chunk(3, dim=1)  # (B, D) each
        d_h = torch.zeros_like(grad[0])
        for time in reversed(range(len(grad))):
            r, z, n = gates[time].chunk(3, dim=1)
            d_h += grad[time]
            d_n = tanh_backward(torch.addcmul(d_h, d_h, z, value=-1), n)
            d_r.copy_(sigmoid_backward(d_n * products[time, :, 2 * width :], r))
            d_z.copy_(sigmoid_backward(d_h * (hidden[time] - n), z))
            torch.mul(d_n, r, out=d_a)
            d_products[time] = d_gates
            d_projected[time, :, 2 * width :] = d_n
            d_h = torch.addcmul((d_products[time] @ weight).to(d_h.dtype), d_h, z)
        d_projected[..., : 2 * width] = d_products[..., : 2 * width]
        d_products = d_products.flatten(0, 1)  # (TB, 3D)
        d_weight = d_products.t() @ hidden[:-1].flatten(0, 1).to(weight.dtype)
        return d_projected.to(ctx.projected_dtype), d_h, d_weight, d_products.sum(0)


def build(config: GruConfig) -> RecurrentDecoder:
    """A freshly initialised decoder of GRU layers."""
    return RecurrentDecoder(config, GruLayer)
