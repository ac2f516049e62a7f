"""The attention of a recurrent decoder over what an encoder has written about a source."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from seqgen.config import EncoderConfig
from seqgen.models.base import Matrix, State
from seqgen.models.padding import is_source


@final
class SourceAttention(nn.Module):
    """Multiplicative attention (Luong, Pham & Manning 2015, equations 5 and 8, "general").

    A decoder's output h attends to each output m of the encoder by the score (W_q h) . (W_k m) / sqrt(A). The weighted
    mean of the outputs, c, is joined to h: tanh(W_c [h; c] + b). There is no input feeding, so that a window is read at
    once. Unlike in the paper, the score is divided by sqrt(A), and the layers above read the result.
    """

    def __init__(self, d_model: int, d_source: int) -> None:
        super().__init__()
        self.query = nn.Linear(d_model, d_source, bias=False)
        self.key = nn.Linear(d_source, d_source, bias=False)
        self.out = nn.Linear(d_model + d_source, d_model)
        for weight in (self.query.weight, self.key.weight, self.out.weight):
            nn.init.normal_(weight, std=weight.shape[1] ** -0.5)
        nn.init.zeros_(self.out.bias)

    @classmethod
    def of(cls, encoder: EncoderConfig, d_model: int) -> SourceAttention | None:
        """New attention for layers of width `d_model`; None if the configuration has none."""
        return cls(d_model, encoder.d_model) if encoder.attention else None

    def memory(self, outputs: Tensor, lengths: Tensor) -> State:
        """What a decoder carries along of a source: keys (B, S, A), values (B, S, D) and lengths (B,)."""
        dtype = self.key.weight.dtype
        return self.key(outputs).to(dtype), outputs.to(dtype), lengths

    def forward(self, x: Tensor, memory: State) -> tuple[Tensor, Tensor]:
        """A layer's output (B, T, D) -> the same joined to what it attends to, and the weights (B, T, S)."""
        keys, values, lengths = memory
        scores = self.query(x) @ keys.mT * keys.shape[2] ** -0.5  # (B, T, S)
        is_padding = ~is_source(lengths, keys.shape[1])[:, None]  # (B, 1, S)
        weights = scores.masked_fill(is_padding, -torch.inf).softmax(dim=2)
        return torch.tanh(self.out(torch.cat([x, (weights @ values).to(x.dtype)], dim=2))), weights

    def matrices(self) -> list[Matrix]:
        return [Matrix(weight) for weight in self.parameters() if weight.dim() == 2]
