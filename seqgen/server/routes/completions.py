"""/v1/completions, and /v1/chat/completions, which says why there is none."""

from __future__ import annotations

import contextlib
import time
from typing import final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from seqgen.server.answers import json_answer, json_bytes
from seqgen.server.completions.answer import Completion
from seqgen.server.completions.order import order_of
from seqgen.server.faults import RequestError
from seqgen.server.leaving import while_connected
from seqgen.server.parameters.completions import completion_table
from seqgen.server.service import Service, service_of

_NO_CHAT = (
    "these models continue a text and were never trained on conversations, so there is no chat: send the text to "
    "/v1/completions as prompt"
)
_EVENTS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
"""The last one asks proxies not to hold events back."""


async def completions(request: Request) -> ASGIApp:
    """Texts that follow prompts."""
    service, begun = service_of(request), time.monotonic()
    fields = await service.read(request, completion_table(service.config))
    model = service.model_of(fields)
    model.writer()  # refuses a model of pairs
    order = await service.desk.run(lambda: order_of(fields, model.saved, service.config))
    completion = Completion(order, model, service.workshop)
    if order.is_streamed:
        return EventStream(completion, service, model=model.name, begun=begun)
    try:
        return json_answer(await while_connected(request.receive, completion.whole()))
    finally:
        completion.stop()
        service.metrics.count_tokens(model.name, read=completion.n_prompt_tokens, written=completion.n_written)


async def chat(request: Request) -> Response:
    """The models of seqgen do not chat."""
    raise RequestError(404, _NO_CHAT, code="no_chat")


@final
class EventStream:
    """An answer of server-sent events, until the texts have ended or the client has left."""

    def __init__(self, completion: Completion, service: Service, *, model: str, begun: float) -> None:
        self._completion = completion
        self._service = service
        self._model = model
        self._begun = begun

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with contextlib.suppress(ClientDisconnect):
                await while_connected(receive, self._send_all(send))
        finally:
            self._completion.stop()
            read, written = self._completion.n_prompt_tokens, self._completion.n_written
            self._service.metrics.count_tokens(self._model, read=read, written=written)

    async def _send_all(self, send: Send) -> None:
        """Send events. An error before the first one is an answer of its own; after that, it is an event."""
        has_begun = False
        try:
            async for event in self._completion.events():
                if not has_begun:
                    self._service.metrics.count_first_text(time.monotonic() - self._begun)
                    await send({"type": "http.response.start", "status": 200, "headers": _EVENTS})
                    has_begun = True
                await _send_event(send, json_bytes(event))
        except RequestError as error:
            if not has_begun:
                raise
            await _send_event(send, json_bytes(error.content()))
        await _send_event(send, b"[DONE]", is_last=True)


async def _send_event(send: Send, data: bytes, *, is_last: bool = False) -> None:
    body = b"data: " + data + b"\n\n"
    await send({"type": "http.response.body", "body": body, "more_body": not is_last})
