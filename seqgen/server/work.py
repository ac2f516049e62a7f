"""Work that would hold up the event loop: done by a few threads, with a bounded queue before them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar, final

from seqgen.errors import SeqgenError
from seqgen.server.faults import RequestError, refused
from seqgen.server.threads import Threads

_Result = TypeVar("_Result")
_N_THREADS = 2
RETRY_AFTER = {"Retry-After": "1"}
"""Seconds, in the header of an answer that says that the server is busy."""


@final
class Workshop:
    """A few threads that do what requests need beside texts: reading, scoring, predicting.

    >>> import asyncio
    >>> workshop = Workshop(most_waiting=4)
    >>> asyncio.run(workshop.run(lambda: 6 * 7))
    42
    >>> workshop.close()
    """

    def __init__(self, *, most_waiting: int) -> None:
        self._threads = Threads(_N_THREADS, name="seqgen-work")
        self._most = _N_THREADS + most_waiting
        self.n_inside = 0
        """Pieces of work that are done or wait."""

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """The result of some work.

        Raises:
            RequestError: too much waits already, or the library refuses the work.
        """
        if self.n_inside >= self._most:
            raise busy()
        loop = asyncio.get_running_loop()
        try:
            future = self._threads.submit(work)
        except RuntimeError:
            raise stopping() from None
        self.n_inside += 1
        future.add_done_callback(lambda _: loop.is_closed() or loop.call_soon_threadsafe(self._leave))
        try:
            return await asyncio.wrap_future(future)
        except SeqgenError as error:
            raise refused(error) from None

    def close(self) -> None:
        """Begin nothing more."""
        self._threads.close()

    def _leave(self) -> None:
        self.n_inside -= 1


def busy() -> RequestError:
    """The refusal of a request for which there is no room.

    >>> busy().status, busy().headers
    (503, {'Retry-After': '1'})
    """
    return RequestError(503, "the server is busy: try again soon", code="busy", headers=RETRY_AFTER)


def stopping() -> RequestError:
    """The refusal of a request that comes too late.

    >>> stopping().message
    'the server is being stopped'
    """
    return RequestError(503, "the server is being stopped", code="stopping")
