"""The OpenAPI document, made from the tables that also check the requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqgen.config import ServingConfig
from seqgen.server.parameters.completions import completion_table
from seqgen.server.parameters.kinds import Schema
from seqgen.server.parameters.others import detokenize_table, predict_table, tokenize_table
from seqgen.server.parameters.table import Table, schema_of
from seqgen.server.schemas import (
    COMPLETION,
    DETOKENIZED,
    ERROR,
    HEALTH,
    MODEL_CARD,
    MODELS,
    PREDICTIONS,
    TOKENIZED,
    TOKENIZER_INFO,
)
from seqgen.version import __version__

_JSON, _EVENTS, _PLAIN, _HTML = "application/json", "text/event-stream", "text/plain", "text/html"
_REASONS = {
    400: "The request is not possible; the message says why.",
    401: "The key is missing or wrong.",
    403: "Pages of this origin may not use the server.",
    404: "There is no such model.",
    408: "The body did not arrive in time.",
    413: "The body is too large.",
    421: "The request is for another machine.",
    500: "The server has made a mistake.",
    503: "The server is busy; Retry-After says when to try again.",
}
_STREAM = "With `stream`: events whose data are such objects, each with what is new, and at the end `[DONE]`."
_OF_EVERY_REQUEST = (401, 403, 421, 500)
_OF_A_BODY = (400, 404, 408, 413, 503)


def describe(config: ServingConfig) -> dict[str, Any]:
    """The document.

    >>> from seqgen.config import ServingConfig
    >>> document = describe(ServingConfig())
    >>> document["openapi"], "/v1/completions" in document["paths"]
    ('3.1.0', True)
    """
    has_key = config.api_key is not None
    return {
        "openapi": "3.1.0",
        "info": {"title": "seqgen", "version": __version__, "description": "Models of seqgen, in OpenAI's form."},
        "paths": {**_with_bodies(config), **_without_bodies()},
        "components": {"schemas": {"Error": ERROR}, "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        "security": [{"key": []}] if has_key else [],
    }


def _with_bodies(config: ServingConfig) -> dict[str, Any]:
    completions = _post("Texts that follow prompts.", completion_table(config), COMPLETION)
    completions["post"]["responses"]["200"]["content"][_EVENTS] = {"schema": {"description": _STREAM}}
    return {
        "/v1/completions": completions,
        "/v1/chat/completions": {"post": _refusing("There is no chat: the answer says why.")},
        "/v1/predict": _post("Targets of sources, from models of pairs.", predict_table(config), PREDICTIONS),
        "/tokenize": _post("The token ids of a text.", tokenize_table(config), TOKENIZED),
        "/detokenize": _post("The text of token ids.", detokenize_table(config), DETOKENIZED),
    }


def _without_bodies() -> dict[str, Any]:
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    model = {"name": "model", "in": "query", "required": False, "schema": {"type": "string"}}
    return {
        "/v1/models": {"get": _operation("The models that are served.", {_JSON: MODELS})},
        "/v1/models/{name}": {"get": _operation("One model.", {_JSON: MODEL_CARD}, (404,), parameters=[name])},
        "/tokenizer_info": {
            "get": _operation("About the tokenizer.", {_JSON: TOKENIZER_INFO}, (400, 404), parameters=[model])
        },
        "/health": {"get": _operation("Whether the server works.", {_JSON: HEALTH})},
        "/metrics": {"get": _operation("Counts for Prometheus.", {_PLAIN: {"type": "string"}})},
        "/openapi.json": {"get": _operation("This document.", {_JSON: {"type": "object"}})},
        "/": {"get": _operation("A page to play with the models.", {_HTML: {"type": "string"}})},
    }


def _post(summary: str, table: Table, answer: Schema) -> dict[str, Any]:
    operation = _operation(summary, {_JSON: answer}, _OF_A_BODY)
    operation["requestBody"] = {"required": True, "content": {_JSON: {"schema": schema_of(table)}}}
    return {"post": operation}


def _refusing(summary: str) -> dict[str, Any]:
    operation = _operation(summary, {}, (404,))
    del operation["responses"]["200"]
    return operation


def _operation(
    summary: str, answers: Mapping[str, Schema], refusals: tuple[int, ...] = (), *, parameters: Any = ()
) -> dict[str, Any]:
    error = {"content": {_JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}}
    found = {"description": "The answer.", "content": {kind: {"schema": schema} for kind, schema in answers.items()}}
    refused = {str(status): {"description": _REASONS[status], **error} for status in (*refusals, *_OF_EVERY_REQUEST)}
    operation: dict[str, Any] = {"summary": summary, "responses": {"200": found, **refused}}
    return {**operation, **({"parameters": list(parameters)} if parameters else {})}
