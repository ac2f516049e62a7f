"""The contract of every decoder, and what their streams of hidden state are.

Letters used in shapes throughout: B batch (streams), T time steps, V vocabulary, D width, H heads,
L layers, S earlier positions still in memory.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor, nn

State = tuple[Tensor, ...]
"""What a decoder carries from one window to the next. Opaque, but for this: B is every tensor's first
dimension."""


@dataclass(frozen=True)
class Matrix:
    """A weight (n_blocks * rows, columns) whose blocks of rows are maps of their own, as the gates of a cell are."""

    weight: nn.Parameter
    n_blocks: int = 1


class Decoder(nn.Module, ABC):
    """A language model over ids: at every position, logits of the next id.

    However a stream is cut into windows, the logits are the same as of one pass over the whole, as long
    as the state is carried.
    """

    vocab_size: int
    head: nn.Linear
    """The output layer, (B, T, D) -> (B, T, V)."""

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read a window.

        Args:
            ids: (B, T) integers below V.
            state: what the call on the window before returned; None at the beginning of the streams.

        Returns:
            logits (B, T, V) of the id that follows each position, and the state to carry on.
        """
        features, state = self.features(ids, state)
        return self.head(features), state

    @abstractmethod
    def features(self, ids: Tensor, state: State | None) -> tuple[Tensor, State]:
        """What the output layer reads: (B, T, D), and the state to carry on."""

    @abstractmethod
    def matrices(self) -> list[Matrix]:
        """The weights that map vectors to vectors: all but embedding, output layer, norms and biases."""


def detach(state: State) -> State:
    """The same state as a constant: where backpropagation through time is truncated."""
    return tuple(tensor.detach() for tensor in state)


def count_parameters(model: nn.Module) -> int:
    """Numbers that training fits; a shared matrix counts once."""
    return sum(parameter.numel() for parameter in model.parameters())
