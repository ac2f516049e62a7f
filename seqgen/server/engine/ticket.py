"""A ticket: what a client holds of a text that is being written."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import final

from seqgen.server.engine.contract import Event, Piece


def _nobody() -> None:
    """Nobody waits."""


@final
class Ticket:
    """The events of one text, in their order: pieces, and at the end `Finished` or `Failed`.

    `call_engine` wakes the engine when a ticket is cancelled, or has room again after it was full.

    >>> from seqgen.server.engine import Piece, Ticket
    >>> ticket = Ticket(most_unread=2)
    >>> ticket.put(Piece("M", 3, -0.5))
    True
    >>> ticket.take()
    [Piece(text='M', token=3, logprob=-0.5, top_logprobs=())]
    """

    def __init__(self, *, most_unread: int = 512, call_engine: Callable[[], None] = _nobody) -> None:
        self._events: deque[Event] = deque()
        self._lock = threading.Lock()
        self._listener: Callable[[], None] | None = None
        self._most_unread = most_unread
        self._call_engine = call_engine
        self.is_cancelled = False

    def cancel(self) -> None:
        """Stop writing the text: nobody wants it any more. Its place is free at the next step."""
        self.is_cancelled = True
        self._call_engine()

    def put(self, event: Event) -> bool:
        """Called by the engine. Returns whether there is room for more."""
        with self._lock:
            self._events.append(event)
            listener, self._listener = self._listener, None
            has_room = len(self._events) < self._most_unread
        if listener is not None:
            listener()
        return has_room

    @property
    def has_room(self) -> bool:
        """Whether another event may be put."""
        return len(self._events) < self._most_unread

    def take(self) -> list[Event]:
        """The events since the last call; there may be none."""
        with self._lock:
            events, self._events = list(self._events), deque()
        if len(events) >= self._most_unread:
            self._call_engine()
        return events

    def when_ready(self, listener: Callable[[], None]) -> None:
        """Call the listener once, from any thread, as soon as there are events to take. It must return at once."""
        with self._lock:
            if not self._events:
                self._listener = listener
                return
        listener()

    def __iter__(self) -> Iterator[Event]:
        """Wait for every event."""
        has_come = threading.Event()
        while True:
            self.when_ready(has_come.set)
            has_come.wait()
            has_come.clear()
            for event in self.take():
                yield event
                if not isinstance(event, Piece):
                    return
