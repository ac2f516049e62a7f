"""Many streams, stepped in groups of a fixed size side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import final

import numpy as np

from seqgen.inference.base import Array, State, Stepper


@final
class GroupedStepper(Stepper):
    """Steppers over parts of the streams, each in a thread: NumPy lets go of the interpreter while it calculates.

    The groups are of the same size whatever the number of threads, and so are the logits to the bit.
    """

    def __init__(self, build: Callable[[int], Stepper], n_streams: int, size: int) -> None:
        self._sizes = [min(size, n_streams - first) for first in range(0, n_streams, size)]
        self._cuts = np.cumsum(self._sizes)[:-1]
        self._steppers = [build(size) for size in self._sizes]
        self._pool = ThreadPoolExecutor(min(len(self._sizes), os.cpu_count() or 1))

    def step(self, ids: Array) -> Array:
        groups = np.split(ids, self._cuts)
        works = [self._pool.submit(stepper.step, group) for stepper, group in zip(self._steppers, groups, strict=True)]
        logits: Array = np.concatenate([work.result() for work in works])
        return logits

    def read(self, ids: Sequence[int], n_streams: int) -> Array:
        logits = [stepper.read(ids, size) for stepper, size in zip(self._steppers, self._sizes, strict=True)]
        return np.concatenate(logits)

    def state(self) -> State:
        states = [stepper.state() for stepper in self._steppers]
        return tuple(np.concatenate(parts) for parts in zip(*states, strict=True))

    def set_state(self, state: State) -> None:
        parts = [np.split(part, self._cuts) for part in state]
        for stepper, own in zip(self._steppers, zip(*parts, strict=True), strict=True):
            stepper.set_state(own)
