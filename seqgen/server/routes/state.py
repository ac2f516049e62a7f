"""/health, /metrics, /openapi.json, and the page at /."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from seqgen.server.answers import json_answer
from seqgen.server.metrics import Metrics
from seqgen.server.openapi import describe
from seqgen.server.service import service_of


async def health(request: Request) -> Response:
    """Whether the server works."""
    return json_answer({"status": "ok"})


async def metrics(request: Request) -> Response:
    """What the server counted."""
    return Response(service_of(request).metrics.text(), headers={"content-type": Metrics.content_type})


async def openapi(request: Request) -> Response:
    """The description of the interface."""
    return json_answer(describe(service_of(request).config))


async def page(request: Request) -> Response:
    """A page to play with the models."""
    return HTMLResponse(service_of(request).page)
