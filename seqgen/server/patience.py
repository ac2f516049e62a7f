"""Limits on how long a client may take to send the head of a request and to receive an answer: uvicorn has none."""

from __future__ import annotations

import asyncio
from typing import Any, final

from uvicorn.protocols.http.h11_impl import H11Protocol


@final
class PatientProtocol(asyncio.Protocol):
    """uvicorn's protocol for one connection, which ends when its client takes too long.

    uvicorn waits for ever for the first bytes of a connection, for the rest of a head that has begun, and for a client
    to receive what was sent. Whoever opens many connections and sends a byte now and then (Slowloris), or reads
    nothing, would keep all of them.
    """

    def __init__(self, inner: H11Protocol, *, head_s: float, write_s: float) -> None:
        self._inner = inner
        self._head_s = head_s
        self._look_s = write_s / 2
        self._head: asyncio.TimerHandle | None = None
        self._look: asyncio.TimerHandle | None = None
        self._is_paused = False
        self._was_stuck = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._inner.connection_made(transport)  # type: ignore[arg-type]
        self._watch_head()
        self._look = asyncio.get_running_loop().call_later(self._look_s, self._look_for_stuck)

    def data_received(self, data: bytes) -> None:
        self._inner.data_received(data)
        self._watch_head()

    def eof_received(self) -> None:
        self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._head, self._look):
            if timer is not None:
                timer.cancel()
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self._is_paused = True
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._is_paused = self._was_stuck = False
        self._inner.resume_writing()

    @property
    def _waits_for_head(self) -> bool:
        cycle: Any = self._inner.cycle
        return cycle is None or cycle.response_complete

    def _watch_head(self) -> None:
        """Begin to count where a head is waited for, and stop where it has come."""
        if not self._waits_for_head and self._head is not None:
            self._head.cancel()
            self._head = None
        elif self._waits_for_head and self._head is None:
            self._head = asyncio.get_running_loop().call_later(self._head_s, self._give_up_head)

    def _give_up_head(self) -> None:
        self._head = None
        if self._waits_for_head:
            self._inner.transport.close()

    def _look_for_stuck(self) -> None:
        """Cut the connection if something waits for its client, which has received nothing since the look before."""
        is_stuck = self._is_paused or self._inner.transport.is_closing()
        if is_stuck and self._was_stuck:
            self._inner.transport.abort()
            return
        self._was_stuck = is_stuck
        self._look = asyncio.get_running_loop().call_later(self._look_s, self._look_for_stuck)
