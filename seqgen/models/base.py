"""The contract of every decoder, and what their streams of hidden state are.

Letters used in shapes throughout: B batch (streams), T time steps, V vocabulary, D width, H heads,
L layers, S earlier positions still in memory.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

State = tuple[Tensor, ...]
"""What a decoder carries from one window to the next. Opaque, but for this: B is every tensor's first
dimension."""


class Decoder(nn.Module, ABC):
    """A language model over ids: at every position, logits of the next id.

    However a stream is cut into windows, the logits are the same as of one pass over the whole, as long
    as the state is carried.
    """

    @abstractmethod
    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read a window.

        Args:
            ids: (B, T) integers below V.
            state: what the call on the window before returned; None at the beginning of the streams.

        Returns:
            logits (B, T, V) of the id that follows each position, and the state to carry on.
        """


def detach(state: State) -> State:
    """The same state as a constant: where backpropagation through time is truncated."""
    return tuple(tensor.detach() for tensor in state)


def count_parameters(model: nn.Module) -> int:
    """Numbers that training fits; a shared matrix counts once."""
    return sum(parameter.numel() for parameter in model.parameters())
