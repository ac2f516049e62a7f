"""The minimal gated recurrent unit: h' = (1 - z) h + z c, where gate z and candidate c depend on the input alone."""

from __future__ import annotations

from typing import Any, final

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from seqgen.config import EncoderConfig, MinGruConfig
from seqgen.models.base import Matrix, State
from seqgen.models.inside import Inside
from seqgen.models.precision import matmul_dtype
from seqgen.models.recurrent import RecurrentDecoder
from seqgen.models.recurrent_layer import RecurrentLayer, initialise_input_


@final
class MinGruLayer(RecurrentLayer):
    """One layer (Feng et al. 2024, section 3.1): z = sigmoid(W x + b) and c = V x + d.

    There is no recurrent matrix, so one matrix multiplication serves all time steps of a window. As in the paper's
    sequential form, c is linear. The paper's parallel form makes c positive, because it computes with logarithms; here
    that predicts worse (by 0.09 bits a character after 300 steps). Its state is h, (B, D).
    """

    n_carried = 1

    def __init__(self, d_input: int, config: MinGruConfig) -> None:
        super().__init__()
        self.d_model = config.d_model
        self.gates = nn.Linear(d_input, 2 * config.d_model)  # in the order z, c
        initialise_input_(self.gates.weight)
        nn.init.zeros_(self.gates.bias)

    def forward(self, x: Tensor, state: State | None) -> tuple[Tensor, State]:
        (h,) = state or [x.new_zeros(x.shape[1], self.d_model, dtype=self.gates.weight.dtype)]  # (B, D)
        z, candidate = self.gates(x).to(h.dtype).chunk(2, dim=2)  # (T, B, D) each
        hidden = MinGruWindow.apply(z.sigmoid(), candidate, h)  # type: ignore[no-untyped-call]
        return hidden.to(matmul_dtype(x)), (hidden[-1],)

    def inside(self, x: Tensor, state: State | None, output: Tensor) -> Inside:
        z = self.gates(x).to(output.dtype).chunk(2, dim=2)[0].sigmoid()  # (T, B, D)
        return Inside(gates={"update": z}, kept=1 - z)

    def matrices(self) -> list[Matrix]:
        weight, _ = self.gates.parameters()
        return [Matrix(weight, n_blocks=2)]


class MinGruWindow(torch.autograd.Function):
    """The recurrence over a window, one small kernel a time step in each direction.

    On a CPU this loop takes a fifth of a layer's time; the matrix multiplication takes the rest. The parallel scans
    that the paper needs on a GPU would read the whole window several times instead of once.
    """

    @staticmethod
    def forward(ctx: Any, z: Tensor, candidate: Tensor, h: Tensor) -> Tensor:
        """z (T, B, D), candidate (T, B, D), h (B, D) -> (T, B, D)."""
        hidden = h.new_empty(len(z) + 1, *h.shape)
        hidden[0] = h
        for time in range(len(z)):
            torch.lerp(hidden[time], candidate[time], z[time], out=hidden[time + 1])
        ctx.save_for_backward(z, candidate, hidden)
        return hidden[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        z, candidate, hidden = ctx.saved_tensors
        kept = 1 - z  # the share of h that each step carries along
        d_hidden = grad.clone()  # to become the gradient of each step's h', later steps included
        for time in reversed(range(1, len(z))):
            d_hidden[time - 1].addcmul_(d_hidden[time], kept[time])
        return d_hidden * (candidate - hidden[:-1]), d_hidden * z, d_hidden[0] * kept[0]


def build(config: MinGruConfig, encoder: EncoderConfig | None = None) -> RecurrentDecoder:
    """A decoder of minGRU layers with new weights.

    >>> from seqgen.config import MinGruConfig
    >>> from seqgen.models.mingru import build
    >>> model = build(MinGruConfig(vocab_size=9, n_layer=2, d_model=8, d_embedding=4, dropout=0.0, input_dropout=0.0))
    >>> [(tuple(matrix.weight.shape), matrix.n_blocks) for matrix in model.matrices()]
    [((16, 4), 2), ((16, 8), 2)]
    """
    return RecurrentDecoder(config, MinGruLayer, encoder)
