"""The contract of slots, in which streams come and go: a decoder in NumPy that serves whoever is there.

`base.py` has steppers, whose streams begin and end together.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import final

from seqgen.inference.base import Array, State, Stepper


class Slots(ABC):
    """One model over B slots. A stream in a slot gets the same logits, to the last bit, whoever is in the others.

    The number of slots is a multiple of `row_products.MULTIPLE`. A slot that is not in use steps all the same: give it
    any id, and ignore its logits. Streams are handed in and out as states, each as `Stepper.state()` of one stream
    returns it.

    >>> import numpy as np
    >>> from seqgen.inference import build_slots, build_stepper
    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> slots, stepper = (
    ...     build_slots(saved.record.model, saved.weights, n_slots=4),
    ...     build_stepper(saved.record.model, saved.weights, n_streams=1),
    ... )
    >>> logits = stepper.read([7, 2])
    >>> slots.place({2: stepper.state()})
    >>> bool(np.allclose(slots.step(np.array([0, 0, 9, 0]))[2], stepper.read([9])[0], atol=1e-4))
    True
    """

    @abstractmethod
    def step(self, ids: Array) -> Array:
        """Read one id of each slot, (B,), and return the logits of the next ids, (B, V), as `Stepper.step` does."""

    @abstractmethod
    def place(self, streams: Mapping[int, State]) -> None:
        """Let streams with these states continue in the slots of these numbers."""

    @abstractmethod
    def lift(self, slot: int) -> State:
        """The state of the stream in a slot: placed again, anywhere, it continues as if it had stayed."""

    @abstractmethod
    def select(self, slots: Array) -> None:
        """Let each slot continue as the slot with this number. Their number becomes that of the array, (B,)."""

    @abstractmethod
    def anew(self, n_slots: int) -> Slots:
        """Further slots of the model, which another thread may step. They share the weights, and nothing else."""


@final
class StepperSlots(Slots):
    """The streams of a stepper as slots. `build` makes a stepper of a number of streams.

    Its states must be rows, one a stream, and its products `RowProducts`.
    """

    def __init__(self, build: Callable[[int], Stepper], n_slots: int) -> None:
        self._build = build
        self._stepper = build(n_slots)

    def step(self, ids: Array) -> Array:
        return self._stepper.step(ids)

    def place(self, streams: Mapping[int, State]) -> None:
        state = self._stepper.state()
        for slot, of_stream in streams.items():
            for array, values in zip(state, of_stream, strict=True):
                array[slot] = values[0]
        self._stepper.set_state(state)

    def lift(self, slot: int) -> State:
        return tuple(array[slot : slot + 1].copy() for array in self._stepper.state())

    def select(self, slots: Array) -> None:
        self._stepper.select(slots)

    def anew(self, n_slots: int) -> StepperSlots:
        return StepperSlots(self._build, n_slots)
