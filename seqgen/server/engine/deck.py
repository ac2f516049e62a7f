"""A deck: some of the streams of a batch, each in a slot. One thread steps a deck at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, final

import numpy as np

from seqgen.inference import MULTIPLE, Slots
from seqgen.sampling.filters import Logits
from seqgen.server.engine.stream import Stream

_IDLE = 0
"""The id that a slot without a stream reads."""
_SHRINK_BELOW = 0.6
"""Slots become fewer when no more than this share of them would be left."""


class Stepped(NamedTuple):
    """A stream after a step, and the logits of its next token, (1, V). The next step overwrites them."""

    stream: Stream
    logits: Logits


@final
class Deck:
    """Streams in slots.

    There are about as many slots as streams, because every slot costs time in every step; but not exactly as many,
    because it also takes time to change their number.
    """

    def __init__(self, slots: Slots) -> None:
        self._slots = slots.anew(MULTIPLE)
        self._streams: list[Stream | None] = [None] * MULTIPLE
        self._ids = np.full(MULTIPLE, _IDLE)
        self._n_streams = 0

    def __len__(self) -> int:
        """How many streams are here."""
        return self._n_streams

    def join(self, streams: Sequence[Stream]) -> None:
        """Let streams into free slots. There they read their latest token at the next step."""
        n_slots = _n_slots(len(self) + len(streams))
        if n_slots > len(self._streams):
            self._resize(n_slots)
        free = [slot for slot, stream in enumerate(self._streams) if stream is None]
        places = dict(zip(free, streams, strict=False))
        self._slots.place({slot: stream.state for slot, stream in places.items()})
        for slot, stream in places.items():
            self._streams[slot], self._ids[slot] = stream, stream.token
        self._n_streams += len(streams)

    def step(self) -> list[Stepped]:
        """Advance all streams."""
        logits = self._slots.step(self._ids)
        return [
            Stepped(stream, logits[slot : slot + 1]) for slot, stream in enumerate(self._streams) if stream is not None
        ]

    def let_out(self) -> list[Stream]:
        """Take those streams out of their slots that have ended, are cancelled or pause, after a step."""
        out = []
        for slot, stream in enumerate(self._streams):
            if stream is None:
                continue
            if stream.last is None and stream.can_go_on:
                self._ids[slot] = stream.token
                continue
            if stream.last is None and not stream.ticket.is_cancelled:  # it pauses
                stream.state = self._slots.lift(slot)
            out.append(stream)
            self._streams[slot], self._ids[slot] = None, _IDLE
        self._n_streams -= len(out)
        n_slots = _n_slots(len(self))
        if out and n_slots <= _SHRINK_BELOW * len(self._streams):
            self._resize(n_slots)
        return out

    def _resize(self, n_slots: int) -> None:
        """Keep the slots of streams, and as many others as there is room for."""
        taken = [slot for slot, stream in enumerate(self._streams) if stream is not None]
        n_idle = n_slots - len(taken)
        self._slots.select(np.array(taken + [0] * n_idle))
        self._ids = np.concatenate((self._ids[taken], np.full(n_idle, _IDLE)))
        self._streams = [*(self._streams[slot] for slot in taken), *[None] * n_idle]


def _n_slots(n_streams: int) -> int:
    """How many slots so many streams get: with many streams, a few are spare.

    >>> [_n_slots(n_streams) for n_streams in (0, 1, 5, 30, 100)]
    [4, 4, 8, 32, 108]
    """
    coarse = MULTIPLE * max(1, n_streams // (8 * MULTIPLE))
    return max(MULTIPLE, -(-n_streams // coarse) * coarse)
