"""The guard before all endpoints: gates, headers that browsers obey, counts, and a log of faults."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from typing import Final, final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seqgen.server.access.gates import Gate, OriginGate
from seqgen.server.faults import CLIENT_LEFT, RequestError
from seqgen.server.metrics import Metrics

_SAFETY: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_ALLOWED = "Access-Control-Allow-Origin"
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, *",  # OpenAI's client for browsers sends headers of its own
    "Access-Control-Allow-Private-Network": "true",
    "Access-Control-Max-Age": "600",
}


@final
class Guard:
    """Lets requests through to an application, and counts the answers."""

    def __init__(self, app: ASGIApp, gates: Sequence[Gate], metrics: Metrics) -> None:
        self._app = app
        self._gates = gates
        self._origins = [gate for gate in gates if isinstance(gate, OriginGate)]
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        reply = _Reply(send, self._headers(Request(scope)))
        begun = time.monotonic()
        try:
            await self._answer(scope, receive, reply)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            if not reply.is_whole:
                raise  # it can only be cut off
        finally:
            seconds = time.monotonic() - begun
            self._metrics.count_request(_path_of(scope), reply.status or CLIENT_LEFT, seconds)

    async def _answer(self, scope: Scope, receive: Receive, reply: _Reply) -> None:
        request = Request(scope)
        try:
            for gate in self._gates:
                gate.check(request)
        except RequestError as error:
            await error.answer()(scope, receive, reply.send)
            return
        if request.method == "OPTIONS" and _ALLOWED in reply.headers:
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, reply.send)
        else:
            await self._app(scope, receive, reply.send)

    def _headers(self, request: Request) -> dict[str, str]:
        origin = request.headers.get("origin")
        is_allowed = origin is not None and any(gate.allows(origin) for gate in self._origins)
        return {**_SAFETY, **({_ALLOWED: origin, "Vary": "Origin"} if origin is not None and is_allowed else {})}


@final
class _Reply:
    """An answer on its way to the client, with headers of the guard."""

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        self.headers = headers
        self.status = 0
        """0 until the answer has begun."""
        self.is_whole = False
        """Whether all of it was sent."""
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers |= self.headers
        await self._send(message)
        self.is_whole = message["type"] == "http.response.body" and not message.get("more_body", False)


def _path_of(scope: Scope) -> str:
    """The path of an endpoint; the same word for all paths that are none, so that nobody can fill the counts."""
    route = scope.get("route")
    return str(route.path) if route is not None else "other"
