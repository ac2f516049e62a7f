"""The contract of every stepper: a decoder that reads one id a stream at a time, in NumPy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
State = tuple[Array, ...]
"""As `seqgen.models.State`: the same arrays in the same order, B first."""


class Stepper(ABC):
    """One model over B streams that go forward together. It begins at the beginning of the streams."""

    @abstractmethod
    def step(self, ids: Array) -> Array:
        """Read one id a stream, (B,) integers, and return logits of the next, (B, V).

        The array returned is the stepper's own and is written over by the next step.
        """

    def read(self, ids: Sequence[int]) -> Array:
        """Read several ids, one or more, on a stepper of one stream; logits of the next, (1, V), as `step`'s."""
        for token in ids:
            logits = self.step(np.array([token]))
        return logits

    @abstractmethod
    def fork(self, n_streams: int) -> Stepper:
        """A stepper of so many streams, all where the one of this stepper is; the two share their weights."""

    @abstractmethod
    def state(self) -> State:
        """A copy of what the streams have carried so far."""

    @abstractmethod
    def set_state(self, state: State) -> None:
        """Go on from a state that `state()` or a torch module returned for as many streams."""
