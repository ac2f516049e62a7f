"""What all recurrent decoders share: ids in, a stack of layers over time, logits out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import cast, final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqgen.config import RecurrentConfig
from seqgen.models.base import Decoder, Matrix, State, Trace
from seqgen.models.dropout import LockedDropout
from seqgen.models.ngrams import NgramEmbeddings, carried_past, split_state

_INPUT_GAIN = 0.3
"""Standard deviation of input matrices, times sqrt(E): small, because Muon soon makes them larger."""
_HEAD_GAIN = 0.1
"""Standard deviation of the output layer's weights, times sqrt(D): small, so that the first predictions are nearly
uniform."""
_TIED_STD = 0.05
"""Standard deviation of the output layer's weights where they are the embedding too. A smaller embedding cannot tell
words apart, and then learns nothing for a long time."""


class RecurrentLayer(nn.Module, ABC):
    """One layer that reads its window from left to right."""

    @abstractmethod
    def forward(self, x: Tensor, state: State | None) -> tuple[Tensor, State]:
        """Read a window.

        Args:
            x: (T, B, E). Time comes first, so that the vectors of one step lie together in memory.
            state: (B, D) tensors; None at the beginning of the streams.

        Returns:
            The output (T, B, D), and the state after the window.
        """

    @abstractmethod
    def matrices(self) -> list[Matrix]:
        """The layer's matrices. The one that multiplies the input comes first."""


@final
class RecurrentDecoder(Decoder):
    """An embedding (or one-hot vectors), L layers of one cell, and an output layer.

    Dropout follows the AWD-LSTM (Merity, Keskar & Socher 2017). It is the same at every time step, and acts on what
    the first layer reads, on what each layer writes, and on whole rows of the embedding. Weight-drop, where a cell
    has it, happens inside the layers.

    Args:
        make_layer: returns a new layer for an input width E.
    """

    head: nn.Linear

    def __init__(self, config: RecurrentConfig, make_layer: Callable[[int], RecurrentLayer]) -> None:
        super().__init__()
        d_input = config.d_embedding or config.vocab_size
        self.config = config
        self.vocab_size = config.vocab_size
        self.embedding = nn.Embedding(config.vocab_size, config.d_embedding) if config.d_embedding else None
        widths = [d_input] + [config.d_model] * (config.n_layer - 1)
        self.layers = nn.ModuleList(make_layer(width) for width in widths)
        self.input_dropout = LockedDropout(config.input_dropout)
        self.dropout = LockedDropout(config.dropout)
        self.head = nn.Linear(config.d_model, config.vocab_size)
        nn.init.normal_(self.head.weight, std=_TIED_STD if config.tie_weights else _HEAD_GAIN * config.d_model**-0.5)
        nn.init.zeros_(self.head.bias)
        if config.tie_weights and self.embedding is not None:
            self.embedding.weight = self.head.weight
        self.ngrams = NgramEmbeddings.of(config, d_input)

    def features(self, ids: Tensor, state: State | None) -> tuple[Tensor, State]:
        before, past = split_state(self.ngrams, state)
        after: list[Tensor] = []
        for x, hidden in self._read(ids, before, past):
            features = x  # in the end, the output of the last layer
            after.extend(hidden)
        return features, (*after, *carried_past(self.ngrams, ids, past))

    def trace(self, ids: Tensor, state: State | None = None) -> Trace:
        before, past = split_state(self.ngrams, state)
        layers: list[Tensor] = []
        after: list[Tensor] = []
        for x, hidden in self._read(ids, before, past):
            layers.append(x)
            after.extend(hidden)
        after.extend(carried_past(self.ngrams, ids, past))
        return Trace(features=layers[-1], layers=torch.stack(layers), attention=None, state=tuple(after))

    def matrices(self) -> list[Matrix]:
        matrices = [matrix for layer in self._layers() for matrix in layer.matrices()]
        # Over one-hot vectors the first input matrix is the embedding: each of its columns belongs to one id.
        matrices = matrices if self.embedding is not None else matrices[1:]
        return matrices if self.ngrams is None else [*matrices, *map(Matrix, self.ngrams.maps())]

    def _read(self, ids: Tensor, state: State | None, past: Tensor | None) -> Iterator[tuple[Tensor, State]]:
        """Layer by layer: the output (B, T, D), and the state after the window."""
        x = self.input_dropout(self._vectors(ids, past)).transpose(0, 1)  # (T, B, E)
        for number, layer in enumerate(self._layers()):
            x, hidden = layer(x, _of_layer(state, number, len(self.layers)))
            output = self.dropout(x.transpose(0, 1))  # (B, T, D)
            yield output, hidden
            x = output.transpose(0, 1)  # (T, B, D)

    def _layers(self) -> list[RecurrentLayer]:
        return cast(list[RecurrentLayer], list(self.layers))

    def _vectors(self, ids: Tensor, past: Tensor | None) -> Tensor:
        """What the ids stand for, (B, T, E)."""
        if self.embedding is not None:
            x: Tensor = self.embedding(ids)
        else:
            x = F.one_hot(ids, self.vocab_size).to(self.head.weight.dtype)
        if self.training and self.config.embedding_dropout:
            kept = F.dropout(x.new_ones(self.vocab_size), self.config.embedding_dropout)  # (V,)
            x = x * kept[ids][..., None]
        return x if self.ngrams is None else x + self.ngrams(ids, past)


def initialise_input_(weight: Tensor) -> None:
    """Set small input weights: uniform, with a standard deviation of 0.3 / sqrt(E).

    >>> import torch
    >>> from seqgen.models.recurrent import initialise_input_
    >>> weight = torch.empty(500, 100)
    >>> initialise_input_(weight)
    >>> round(weight.std().item(), 2)
    0.03
    """
    bound = (
        _INPUT_GAIN * (3 / weight.shape[1]) ** 0.5
    )  # a uniform distribution up to b has standard deviation b/sqrt(3)
    nn.init.uniform_(weight, -bound, bound)


def _of_layer(state: State | None, number: int, n_layer: int) -> State | None:
    """The part of a decoder's state that belongs to one layer."""
    if state is None:
        return None
    n_each = len(state) // n_layer
    return state[number * n_each : (number + 1) * n_each]
