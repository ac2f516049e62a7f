"""Answers as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response


def json_answer(content: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer whose body is this value as JSON.

    >>> json_answer({"text": "é"}).body
    b'{"text":"\\xc3\\xa9"}'
    """
    return Response(json_bytes(content), status_code=status, headers=headers, media_type="application/json")


def json_bytes(content: Any) -> bytes:
    """A value as JSON in UTF-8, without spaces. It may hold no infinity: JSON has none.

    >>> json_bytes({"a": [1, None]})
    b'{"a":[1,null]}'
    """
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
