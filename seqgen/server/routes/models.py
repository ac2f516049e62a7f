"""/v1/models: what is served."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from seqgen.server.answers import json_answer
from seqgen.server.service import service_of


async def list_models(request: Request) -> Response:
    """All models, the first of which answers requests that name none."""
    data = [model.description() for model in service_of(request).models]
    return json_answer({"object": "list", "data": data})


async def one_model(request: Request) -> Response:
    """One model."""
    return json_answer(service_of(request).models.find(request.path_params["name"]).description())
