"""The frame that the three recurrent decoders share: ids in, a stack of layers over time, logits out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import cast, final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqgen.config import RecurrentConfig
from seqgen.models.base import Decoder, Matrix, State
from seqgen.models.dropout import LockedDropout

_INPUT_GAIN = 0.3
_RECURRENT_GAIN = 0.5
_HEAD_GAIN = 0.1  # so that the first guess is near to uniform
_TIED_STD = 0.05  # an embedding too small to tell words apart learns nothing for long


class RecurrentLayer(nn.Module, ABC):
    """One layer of a cell over a window.

    `cell` is the torch module of the same cell: it holds the weights, and runs where it is the fastest.
    """

    cell: nn.RNNBase
    n_gates: int

    @property
    def weights(self) -> list[nn.Parameter]:
        """Input weights, recurrent weights, and the biases of the one and the other."""
        return self.cell.all_weights[0]

    @abstractmethod
    def forward(self, x: Tensor, state: State | None, recurrent_weight: Tensor) -> tuple[Tensor, State]:
        """Read a window.

        Args:
            x: (T, B, d_input).
            state: (B, D) tensors; None at the beginning of the streams.
            recurrent_weight: that of `weights` or, in training, what weight-drop has left of it.

        Returns:
            (T, B, D), and the state after the window.
        """


@final
class RecurrentDecoder(Decoder):
    """An embedding (or one-hot vectors), L layers of one cell, and an output layer.

    `make_layer(d_input, d_model)` returns a fresh layer. Dropout is that of the AWD-LSTM (Merity, Keskar &
    Socher 2017): locked in time on what each layer reads and on what the last one writes, on whole rows of the
    embedding, on recurrent weights.
    """

    def __init__(self, config: RecurrentConfig, make_layer: Callable[[int, int], RecurrentLayer]) -> None:
        super().__init__()
        d_input = config.d_embedding or config.vocab_size
        self.config = config
        self.vocab_size = config.vocab_size
        self.embedding = nn.Embedding(config.vocab_size, config.d_embedding) if config.d_embedding else None
        widths = [d_input] + [config.d_model] * (config.n_layer - 1)
        self.layers = nn.ModuleList(make_layer(width, config.d_model) for width in widths)
        self.input_dropout = LockedDropout(config.input_dropout)
        self.dropout = LockedDropout(config.dropout)
        self.head = nn.Linear(config.d_model, config.vocab_size)
        nn.init.normal_(self.head.weight, std=_TIED_STD if config.tie_weights else _HEAD_GAIN * config.d_model**-0.5)
        nn.init.zeros_(self.head.bias)
        if config.tie_weights and self.embedding is not None:
            self.embedding.weight = self.head.weight

    def features(self, ids: Tensor, state: State | None) -> tuple[Tensor, State]:
        x = self.input_dropout(self._vectors(ids)).transpose(0, 1)  # (T, B, E)
        after: list[Tensor] = []
        for number, layer in enumerate(self._layers()):
            weight = F.dropout(layer.weights[1], self.config.weight_drop, self.training)
            x, hidden = layer(x, _of_layer(state, number, len(self.layers)), weight)
            x = self.dropout(x.transpose(0, 1)).transpose(0, 1)  # (T, B, D)
            after.extend(hidden)
        return x.transpose(0, 1), tuple(after)  # (B, T, D)

    def matrices(self) -> list[Matrix]:
        found: list[Matrix] = []
        for number, layer in enumerate(self._layers()):
            input_weight, recurrent_weight, *_ = layer.weights
            if number or self.embedding is not None:  # over one-hot vectors it is the embedding
                found.append(Matrix(input_weight, layer.n_gates))
            found.append(Matrix(recurrent_weight, layer.n_gates))
        return found

    def _layers(self) -> list[RecurrentLayer]:
        return cast(list[RecurrentLayer], list(self.layers))

    def _vectors(self, ids: Tensor) -> Tensor:
        if self.embedding is not None:
            x: Tensor = self.embedding(ids)  # (B, T, E)
        else:
            x = F.one_hot(ids, self.vocab_size).to(self.head.weight.dtype)
        if self.training and self.config.embedding_dropout:
            kept = F.dropout(x.new_ones(self.vocab_size), self.config.embedding_dropout)  # (V,)
            x = x * kept[ids][..., None]
        return x


def _of_layer(state: State | None, number: int, n_layer: int) -> State | None:
    if state is None:
        return None
    n_each = len(state) // n_layer
    return state[number * n_each : (number + 1) * n_each]


def tanh_(x: Tensor) -> Tensor:
    """In place, as 2 sigmoid(2x) - 1: on a processor three cheap kernels, and torch.tanh one of five times the cost."""
    return torch.sigmoid_(x.mul_(2)).mul_(2).sub_(1)


def initialise_(layer: nn.RNNBase, n_gates: int) -> None:
    """Weights that start small: every gate's recurrent block half an orthogonal matrix (Saxe et al. 2014), no biases.

    Input weights are uniform with a standard deviation of 0.3 / sqrt(d_input). Muon soon makes them larger; orthogonal
    matrices and unit variance at the start cost 0.01 nats.
    """
    input_weight, recurrent_weight, *biases = layer.all_weights[0]
    bound = _INPUT_GAIN * (3 / input_weight.shape[1]) ** 0.5
    nn.init.uniform_(input_weight, -bound, bound)
    for block in recurrent_weight.detach().chunk(n_gates):
        nn.init.orthogonal_(block, _RECURRENT_GAIN)
    for bias in biases:
        nn.init.zeros_(bias)
