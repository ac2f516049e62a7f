"""The contract of every recurrent layer, and how its input weights start."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from seqgen.models.base import Matrix, State
from seqgen.models.inside import Inside

_INPUT_GAIN = 0.3
"""Standard deviation of input matrices, times sqrt(E): small, because Muon soon makes them larger."""


class RecurrentLayer(nn.Module, ABC):
    """One layer that reads its window from left to right."""

    n_carried: ClassVar[int]
    """How many tensors its state has."""

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
    def inside(self, x: Tensor, state: State | None, output: Tensor) -> Inside:
        """What happens between the arguments and the output of `forward`, in the shapes (T, B, D)."""

    @abstractmethod
    def matrices(self) -> list[Matrix]:
        """The layer's matrices. The one that multiplies the input comes first."""


def initialise_input_(weight: Tensor) -> None:
    """Set small input weights: uniform, with a standard deviation of 0.3 / sqrt(E).

    >>> import torch
    >>> from seqgen.models.recurrent_layer import initialise_input_
    >>> weight = torch.empty(500, 100)
    >>> initialise_input_(weight)
    >>> round(weight.std().item(), 2)
    0.03
    """
    bound = (
        _INPUT_GAIN * (3 / weight.shape[1]) ** 0.5
    )  # a uniform distribution up to b has standard deviation b/sqrt(3)
    nn.init.uniform_(weight, -bound, bound)
