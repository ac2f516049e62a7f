"""The gated recurrent unit: a reset and an update gate."""

from __future__ import annotations

from typing import Any, final

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from seqgen.config import EncoderConfig, GruConfig
from seqgen.models.base import Matrix, State
from seqgen.models.inside import Inside
from seqgen.models.precision import matmul_dtype
from seqgen.models.recurrent import RecurrentDecoder
from seqgen.models.recurrent_layer import RecurrentLayer
from seqgen.models.torch_cells import cell_matrices, gate_sums, initialise_, tanh_, window_weights


@final
class GruLayer(RecurrentLayer):
    """One layer (Cho et al. 2014). As in cuDNN, the reset gate is applied after the matrix multiplication.

    Its state is h, (B, D). On a CPU `GruWindow` runs, on a GPU cuDNN's kernel.
    """

    n_carried = 1

    def __init__(self, d_input: int, config: GruConfig) -> None:
        super().__init__()
        self.d_model = config.d_model
        self.weight_drop = config.weight_drop
        self.cell = nn.GRU(d_input, config.d_model)  # gates in the order reset, update, new
        initialise_(self.cell)

    def forward(self, x: Tensor, state: State | None) -> tuple[Tensor, State]:
        input_weight, recurrent_weight, input_bias, recurrent_bias = window_weights(self.cell, self.weight_drop)
        (h,) = state or [x.new_zeros(x.shape[1], self.d_model, dtype=input_weight.dtype)]  # (B, D)
        if x.device.type != "cpu":  # pragma: no cover - needs a GPU
            weights = [input_weight, recurrent_weight, input_bias, recurrent_bias]
            x, last = torch.gru(x, h[None].to(x), weights, True, 1, 0.0, self.training, False, False)
            return x, (last[0].to(h.dtype),)
        dtype = matmul_dtype(x)
        projected = F.linear(x, input_weight, input_bias)  # (T, B, 3D)
        x = GruWindow.apply(projected, h, recurrent_weight.to(dtype), recurrent_bias.to(dtype))  # type: ignore[no-untyped-call]
        return x.to(dtype), (x[-1],)

    def inside(self, x: Tensor, state: State | None, output: Tensor) -> Inside:
        from_input, from_output = gate_sums(self.cell, x, state, output)
        r, z, _ = (from_input + from_output).sigmoid().chunk(3, dim=2)  # (T, B, D) each
        return Inside(gates={"reset": r, "update": z}, kept=z)

    def matrices(self) -> list[Matrix]:
        return cell_matrices(self.cell)


# Each takes the gradient of the function's result, and the result itself.
sigmoid_backward = torch.ops.aten.sigmoid_backward.default
tanh_backward = torch.ops.aten.tanh_backward.default


class GruWindow(torch.autograd.Function):
    """The recurrence over a window on a CPU. The input has been multiplied by its matrix beforehand.

    With a = U h + b and x the projected input: r = sigmoid(x_r + a_r), z = sigmoid(x_z + a_z), n = tanh(x_n + r a_n),
    h' = n + z (h - n). A time step takes one matrix multiplication and a dozen small kernels. In the backward pass,
    one matrix multiplication gives the whole gradient of U. Matrices are multiplied in the data type of `weight`,
    everything else is computed in that of `h`.
    """

    @staticmethod
    def forward(ctx: Any, projected: Tensor, h: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """x (T, B, 3D), h (B, D), U (3D, D), b (3D) -> (T, B, D)."""
        n_time, width = len(projected), h.shape[1]
        gates = projected.to(h.dtype, copy=True)  # x, overwritten by r, z and n
        recurrent_sums = torch.empty_like(gates)  # a
        hidden = h.new_empty(n_time + 1, *h.shape)
        hidden[0] = h
        for time in range(n_time):
            before = hidden[time]
            recurrent_sums[time] = torch.addmm(bias, before.to(weight.dtype), weight.t())
            r_and_z, n = gates[time].tensor_split([2 * width], dim=1)
            torch.sigmoid_(r_and_z.add_(recurrent_sums[time, :, : 2 * width]))
            tanh_(n.addcmul_(r_and_z[:, :width], recurrent_sums[time, :, 2 * width :]))
            torch.addcmul(n, r_and_z[:, width:], before - n, out=hidden[time + 1])
        ctx.save_for_backward(gates, recurrent_sums, hidden, weight)
        ctx.projected_dtype = projected.dtype
        return hidden[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        gates, recurrent_sums, hidden, weight = ctx.saved_tensors
        width = grad.shape[2]
        d_sums = weight.new_empty(gates.shape)  # the gradient of a, (T, B, 3D)
        d_projected = weight.new_empty(gates.shape)  # the gradient of x: it differs from that of a in the part n only
        d_gates = torch.empty_like(gates[0])
        d_r, d_z, d_a = d_gates.chunk(3, dim=1)  # (B, D) each
        d_h = torch.zeros_like(grad[0])
        for time in reversed(range(len(grad))):
            r, z, n = gates[time].chunk(3, dim=1)
            d_h += grad[time]
            d_n = tanh_backward(torch.addcmul(d_h, d_h, z, value=-1), n)
            d_r.copy_(sigmoid_backward(d_n * recurrent_sums[time, :, 2 * width :], r))
            d_z.copy_(sigmoid_backward(d_h * (hidden[time] - n), z))
            torch.mul(d_n, r, out=d_a)
            d_sums[time] = d_gates
            d_projected[time, :, 2 * width :] = d_n
            d_h = torch.addcmul((d_sums[time] @ weight).to(d_h.dtype), d_h, z)
        d_projected[..., : 2 * width] = d_sums[..., : 2 * width]
        d_sums = d_sums.flatten(0, 1)  # (TB, 3D)
        d_weight = d_sums.t() @ hidden[:-1].flatten(0, 1).to(weight.dtype)
        return d_projected.to(ctx.projected_dtype), d_h, d_weight, d_sums.sum(0)


def build(config: GruConfig, encoder: EncoderConfig | None = None) -> RecurrentDecoder:
    """A decoder of GRU layers with new weights.

    >>> from seqgen.config import GruConfig
    >>> from seqgen.models.gru import build
    >>> model = build(GruConfig(vocab_size=9, n_layer=1, d_model=8, d_embedding=4, dropout=0.0, input_dropout=0.0))
    >>> [(tuple(matrix.weight.shape), matrix.n_blocks) for matrix in model.matrices()]
    [((24, 4), 3), ((24, 8), 3)]
    """
    return RecurrentDecoder(config, GruLayer, encoder)
