"""The application: endpoints behind their guard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from seqgen.config import ServingConfig
from seqgen.server.access.gates import gates_of
from seqgen.server.access.guard import Guard
from seqgen.server.faults import CLIENT_LEFT, RequestError
from seqgen.server.models import ServedModels
from seqgen.server.parameters.table import shown
from seqgen.server.routes import completions, models, predict, state, tokens
from seqgen.server.service import Service

_ROUTES = [
    Route("/v1/models", models.list_models),
    Route("/v1/models/{name}", models.one_model),
    Route("/v1/completions", completions.completions, methods=["POST"]),
    Route("/v1/chat/completions", completions.chat, methods=["POST"]),
    Route("/v1/predict", predict.predict, methods=["POST"]),
    Route("/tokenize", tokens.tokenize, methods=["POST"]),
    Route("/detokenize", tokens.detokenize, methods=["POST"]),
    Route("/tokenizer_info", tokens.tokenizer_info),
    Route("/health", state.health),
    Route("/metrics", state.metrics),
    Route("/openapi.json", state.openapi),
    Route("/", state.page),
]


def build_app(served: ServedModels, config: ServingConfig) -> ASGIApp:
    """The application that serves models. Its shutdown ends their engines.

    >>> from seqgen.config import ServingConfig
    >>> from seqgen.run import open_model
    >>> from starlette.testclient import TestClient
    >>> with ServedModels.open([open_model("checkpoints/story")], ServingConfig()) as served:
    ...     client = TestClient(build_app(served, ServingConfig()), base_url="http://localhost")
    ...     answer = client.post("/v1/completions", json={"prompt": "Mina", "max_characters": 5, "seed": 1})
    >>> len(answer.json()["choices"][0]["text"])
    5
    """
    service = Service.of(served, config)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            service.close()

    app = Starlette(routes=_ROUTES, lifespan=lifespan, exception_handlers=_HANDLERS)
    app.state.service = service
    app.router.redirect_slashes = False
    return Guard(app, gates_of(config), service.metrics)


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    return error.answer()


async def _refuse_path(request: Request, error: Exception) -> Response:
    """There is no such path, or not with this method."""
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        allowed = ", ".join(sorted((error.headers or {}).get("Allow", "").split(", ")))
        refusal = RequestError(405, f"{request.url.path} takes only {allowed}", headers={"Allow": allowed})
    else:
        refusal = RequestError(error.status_code, f"there is nothing at {shown(request.url.path)}: see /openapi.json")
    return refusal.answer()


async def _confess(request: Request, error: Exception) -> Response:
    """A fault of the server, which the guard writes into the log."""
    return RequestError(500, "the server has made a mistake, which its log tells").answer()


async def _give_up(request: Request, error: Exception) -> Response:
    """The client has left, and gets no answer."""
    return Response(status_code=CLIENT_LEFT)


_HANDLERS = {
    RequestError: _refuse,
    HTTPException: _refuse_path,
    ClientDisconnect: _give_up,
    Exception: _confess,
}
