"""The streams that share the steps of one model, each in a slot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import final

import numpy as np

from seqgen.inference import MULTIPLE, Slots
from seqgen.server.engine.stream import Stream

_IDLE = 0
"""The id that a slot without a stream reads."""
_SHRINK_BELOW = 0.6
"""Slots become fewer when no more than this share of them would be left."""


@final
class Batch:
    """Streams in slots. `build` makes slots of a number.

    There are about as many slots as streams, because every slot costs time in every step; but not exactly as many,
    because it also takes time to change their number.
    """

    def __init__(self, build: Callable[[int], Slots]) -> None:
        self._streams: list[Stream | None] = [None] * MULTIPLE
        self._slots = build(MULTIPLE)
        self._ids = np.full(MULTIPLE, _IDLE)

    def __len__(self) -> int:
        return sum(stream is not None for stream in self._streams)

    def join(self, streams: Sequence[Stream]) -> None:
        """Let streams into free slots. There they read their latest token at the next step."""
        n_slots = _n_slots(len(self) + len(streams))
        if n_slots > len(self._streams):
            self._resize(n_slots)
        free = (slot for slot, stream in enumerate(self._streams) if stream is None)
        places = dict(zip(free, streams, strict=False))
        self._slots.place({slot: stream.state for slot, stream in places.items()})
        for slot, stream in places.items():
            self._streams[slot], self._ids[slot] = stream, stream.token

    def step(self) -> list[Stream]:
        """One token of every stream. Returns the streams that have left: ended, cancelled or paused."""
        logits = self._slots.step(self._ids)
        out = []
        for slot, stream in enumerate(self._streams):
            if stream is None:
                continue
            if not stream.ticket.is_cancelled:
                stream.take(logits[slot : slot + 1])
            if stream.last is None and stream.can_go_on:
                self._ids[slot] = stream.token
                continue
            if stream.last is None and not stream.ticket.is_cancelled:  # it pauses
                stream.state = self._slots.lift(slot)
            out.append(stream)
            self._streams[slot], self._ids[slot] = None, _IDLE
        if out:
            self._shrink()
        return out

    def _shrink(self) -> None:
        n_slots = _n_slots(len(self))
        if n_slots <= _SHRINK_BELOW * len(self._streams):
            self._resize(n_slots)

    def _resize(self, n_slots: int) -> None:
        """Keep the slots of streams, and as many others as there is room for."""
        taken = [slot for slot, stream in enumerate(self._streams) if stream is not None]
        kept = (taken + [0] * n_slots)[:n_slots]
        self._slots.select(np.array(kept))
        self._ids = np.concatenate((self._ids[taken], np.full(n_slots - len(taken), _IDLE)))
        self._streams = [*(self._streams[slot] for slot in taken), *[None] * (n_slots - len(taken))]


def _n_slots(n_streams: int) -> int:
    """How many slots so many streams get: with many streams, a few are spare.

    >>> [_n_slots(n_streams) for n_streams in (0, 1, 5, 30, 100)]
    [4, 4, 8, 32, 108]
    """
    coarse = MULTIPLE * max(1, n_streams // (8 * MULTIPLE))
    return max(MULTIPLE, -(-n_streams // coarse) * coarse)
