"""The texts of an order while the engine writes them: their events reach the event loop in small batches."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import final

from seqgen.errors import RunError, SeqgenError
from seqgen.server.completions.choice import Choice
from seqgen.server.engine import Engine, QueueFull, StreamRequest, Ticket
from seqgen.server.faults import refused
from seqgen.server.work import busy, stopping

_PACE_S = 0.02
_PACE_S_PER_TEXT = 0.0015
"""At least so long between two looks at the texts of a request, and longer if many are written: an event for each
character would cost more than writing it."""


@final
class Writing:
    """Texts that an engine writes, until they have ended or are stopped.

    Raises:
        RequestError: not all of them find room.
    """

    def __init__(self, engine: Engine, requests: Sequence[StreamRequest], choices: Sequence[Choice]) -> None:
        self._engine = engine
        self._choices = choices
        self._tickets: list[Ticket] = []
        self._bell = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        try:
            for request in requests:
                self._tickets.append(engine.submit(request))
        except QueueFull:
            self.stop()
            raise busy() from None
        except RunError:
            self.stop()
            raise stopping() from None
        except SeqgenError as error:
            self.stop()
            raise refused(error) from None

    def stop(self) -> None:
        """Give up what is not written yet."""
        for ticket in self._tickets:
            ticket.cancel()

    async def news(self) -> AsyncIterator[list[Choice]]:
        """The choices that have something to tell, again and again until all have ended.

        Raises:
            RequestError: a text could not be written.
        """
        going = list(zip(self._choices, self._tickets, strict=True))
        while True:
            for _, ticket in going:
                ticket.when_ready(self._ring)
            await self._bell.wait()
            self._bell.clear()
            for choice, ticket in going:
                for event in ticket.take():
                    choice.take(event)
            yield [choice for choice, _ in going if choice.has_news]
            going = [(choice, ticket) for choice, ticket in going if not choice.has_ended]
            if not going:
                return
            await asyncio.sleep(max(_PACE_S, _PACE_S_PER_TEXT * self._engine.n_writing))

    def _ring(self) -> None:
        """Called by the engine's thread."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._bell.set)
