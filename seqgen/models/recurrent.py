"""The frame that the three recurrent decoders share: ids in, a stack of layers over time, logits out."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqgen.config import RecurrentConfig
from seqgen.models.base import Decoder, State
from seqgen.models.dropout import LockedDropout


@final
class RecurrentDecoder(Decoder):
    """An embedding (or one-hot vectors), L layers of one cell, and an output layer.

    `make_layer(d_input, d_model)` returns a module that maps a window (B, T, d_input) and its state, a
    tuple of (B, D) tensors or None, to a window (B, T, D) and the state after it.
    """

    def __init__(self, config: RecurrentConfig, make_layer: Callable[[int, int], nn.Module]) -> None:
        super().__init__()
        d_input = config.d_embedding or config.vocab_size
        self.vocab_size = config.vocab_size
        self.embedding = nn.Embedding(config.vocab_size, config.d_embedding) if config.d_embedding else None
        widths = [d_input] + [config.d_model] * (config.n_layer - 1)
        self.layers = nn.ModuleList(make_layer(width, config.d_model) for width in widths)
        self.dropout = LockedDropout(config.dropout)
        self.head = nn.Linear(config.d_model, config.vocab_size)
        nn.init.normal_(self.head.weight, std=config.d_model**-0.5)
        nn.init.zeros_(self.head.bias)
        if config.tie_weights and self.embedding is not None:
            self.embedding.weight = self.head.weight

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        x = self.dropout(self._vectors(ids))  # (B, T, E)
        after: list[Tensor] = []
        for number, layer in enumerate(self.layers):
            x, hidden = layer(x, _of_layer(state, number, len(self.layers)))
            x = self.dropout(x)  # (B, T, D)
            after.extend(hidden)
        return self.head(x), tuple(after)  # (B, T, V)

    def _vectors(self, ids: Tensor) -> Tensor:
        if self.embedding is not None:
            return self.embedding(ids)  # type: ignore[no-any-return]
        return F.one_hot(ids, self.vocab_size).to(self.head.weight.dtype)


def _of_layer(state: State | None, number: int, n_layer: int) -> State | None:
    if state is None:
        return None
    n_each = len(state) // n_layer
    return state[number * n_each : (number + 1) * n_each]


def orthogonal_blocks_(weight: Tensor, n_blocks: int) -> None:
    """Fill (n_blocks * D, D) recurrent weights with an orthogonal matrix a gate (Saxe et al. 2014)."""
    with torch.no_grad():
        for block in weight.chunk(n_blocks):
            nn.init.orthogonal_(block)


def initialise_(layer: nn.RNNBase, n_gates: int) -> None:
    """Orthogonal recurrent weights, input weights uniform with variance 1/d_input, no biases."""
    input_weight, recurrent_weight, *biases = layer.all_weights[0]
    bound = (3 / input_weight.shape[1]) ** 0.5
    nn.init.uniform_(input_weight, -bound, bound)
    orthogonal_blocks_(recurrent_weight, n_gates)
    for bias in biases:
        nn.init.zeros_(bias)
