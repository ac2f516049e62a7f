"""The contract of every stepper: a decoder in NumPy that reads one id of each stream at a time.

The letters in shapes are those of `seqgen.models.base`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
State = tuple[Array, ...]
"""The same arrays in the same order as in `seqgen.models.State`, B first."""


Shapes = dict[str, tuple[int, ...]]
"""The shapes of weights by name."""


class Stepper(ABC):
    """One model over B streams that advance together. A new stepper is at the beginning of its streams.

    >>> import numpy as np
    >>> from seqgen.inference import build_stepper
    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> stepper = build_stepper(saved.record.model, saved.weights, n_streams=1)
    >>> logits = stepper.read([7, 2, 9]).copy()
    >>> three = stepper.fork(3)  # all of them have read 7, 2, 9
    >>> three.step(np.array([0, 1, 2])).shape[0]
    3
    """

    @abstractmethod
    def step(self, ids: Array) -> Array:
        """Read one id of each stream, (B,) integers, and return the logits of the next ids, (B, V).

        The array belongs to the stepper, and the next step overwrites it: copy what you keep.
        """

    def read(self, ids: Sequence[int]) -> Array:
        """Read one or more ids with a stepper of one stream. Returns the logits of the next id, (1, V), like `step`."""
        for token in ids:
            logits = self.step(np.array([token]))
        return logits

    @abstractmethod
    def fork(self, n_streams: int) -> Stepper:
        """A new stepper of `n_streams` streams that all have read what this stepper of one stream has read.

        The two share their weights, and nothing else.
        """

    @abstractmethod
    def state(self) -> State:
        """A copy of what the streams carry."""

    @abstractmethod
    def set_state(self, state: State) -> None:
        """Continue from a state that `state()` or a torch module returned for the same number of streams."""
