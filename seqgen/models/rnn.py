"""Elman's recurrent network: h' = tanh(W x + U h + b)."""

from __future__ import annotations

from typing import Any, Literal, final

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from seqgen.config import EncoderConfig, RnnConfig
from seqgen.models.base import Matrix, State
from seqgen.models.inside import Inside
from seqgen.models.precision import matmul_dtype
from seqgen.models.recurrent import RecurrentDecoder
from seqgen.models.recurrent_layer import RecurrentLayer
from seqgen.models.torch_cells import cell_matrices, initialise_, tanh_, window_weights


@final
class RnnLayer(RecurrentLayer):
    """One layer (Elman 1990) with tanh or, for the identity start of Le, Jaitly & Hinton (2015), relu.

    Its state is h, (B, D). On a CPU `RnnWindow` runs, on a GPU cuDNN's kernel.
    """

    n_carried = 1

    def __init__(self, d_input: int, config: RnnConfig) -> None:
        super().__init__()
        self.d_model = config.d_model
        self.weight_drop = config.weight_drop
        self.nonlinearity = config.nonlinearity
        self.cell = nn.RNN(d_input, config.d_model, nonlinearity=config.nonlinearity)
        initialise_(self.cell)
        if config.recurrent_init == "identity":
            input_weight, recurrent_weight, _, _ = self.cell.all_weights[0]
            nn.init.eye_(recurrent_weight)
            nn.init.normal_(input_weight, std=0.001)  # as in the paper: nothing may grow at first

    def forward(self, x: Tensor, state: State | None) -> tuple[Tensor, State]:
        input_weight, recurrent_weight, input_bias, recurrent_bias = window_weights(self.cell, self.weight_drop)
        (h,) = state or [x.new_zeros(x.shape[1], self.d_model, dtype=input_weight.dtype)]  # (B, D)
        if x.device.type == "cpu":
            dtype = matmul_dtype(x)
            projected = F.linear(x, input_weight, input_bias + recurrent_bias).to(dtype)  # (T, B, D)
            x = RnnWindow.apply(projected, h, recurrent_weight.to(dtype), self.nonlinearity)  # type: ignore[no-untyped-call]
        else:  # pragma: no cover - needs a GPU
            weights = [input_weight, recurrent_weight, input_bias, recurrent_bias]
            run = torch.rnn_tanh if self.nonlinearity == "tanh" else torch.rnn_relu
            x, _ = run(x, h[None].to(x), weights, True, 1, 0.0, self.training, False, False)
        return x, (x[-1].to(h.dtype),)

    def inside(self, x: Tensor, state: State | None, output: Tensor) -> Inside:
        return Inside(gates={})

    def matrices(self) -> list[Matrix]:
        return cell_matrices(self.cell)


class RnnWindow(torch.autograd.Function):
    """The recurrence over a window on a CPU. The input has been multiplied by its matrix beforehand.

    A time step takes one matrix multiplication and a few kernels. In the backward pass, one matrix multiplication
    gives the whole gradient of U. The nonlinearity is computed in the data type of `h`, everything else in that of
    `weight`.
    """

    @staticmethod
    def forward(
        ctx: Any, projected: Tensor, h: Tensor, weight: Tensor, nonlinearity: Literal["tanh", "relu"]
    ) -> Tensor:
        """W x + b (T, B, D), h (B, D), U (D, D) -> (T, B, D)."""
        hidden = projected.new_empty(len(projected) + 1, *h.shape)
        hidden[0] = h
        activate_ = tanh_ if nonlinearity == "tanh" else torch.relu_
        for time, from_input in enumerate(projected):
            hidden[time + 1] = activate_(torch.addmm(from_input, hidden[time], weight.t()).to(h.dtype))
        ctx.nonlinearity = nonlinearity
        ctx.save_for_backward(hidden, weight, h)
        return hidden[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        hidden, weight, h = ctx.saved_tensors
        after = hidden[1:]
        slope = 1 - after * after if ctx.nonlinearity == "tanh" else (after > 0).to(after.dtype)
        d_projected = torch.empty_like(after)
        d_hidden = grad[-1]
        for time in reversed(range(len(after))):
            torch.mul(d_hidden, slope[time], out=d_projected[time])
            if time:
                d_hidden = torch.addmm(grad[time - 1], d_projected[time], weight)
        d_h = (d_projected[0] @ weight).to(h.dtype)
        d_weight = d_projected.flatten(0, 1).t() @ hidden[:-1].flatten(0, 1)
        return d_projected, d_h, d_weight, None


def build(config: RnnConfig, encoder: EncoderConfig | None = None) -> RecurrentDecoder:
    """A decoder of RNN layers with new weights.

    >>> from seqgen.config import RnnConfig
    >>> from seqgen.models.rnn import build
    >>> model = build(RnnConfig(vocab_size=9, n_layer=1, d_model=8, d_embedding=4, dropout=0.0, input_dropout=0.0))
    >>> [tuple(matrix.weight.shape) for matrix in model.matrices()]
    [(8, 4), (8, 8)]
    """
    return RecurrentDecoder(config, RnnLayer, encoder)
