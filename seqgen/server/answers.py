"""Answers as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

_LINE_ENDS = {ord(end): f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}
"""Many clients cut a stream into lines with Python's `splitlines`, for which these end a line too. JSON escapes the
others by itself."""


def json_answer(content: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer whose body is this value as JSON.

    >>> json_answer({"text": "é"}).body
    b'{"text":"\\xc3\\xa9"}'
    """
    return Response(json_bytes(content), status_code=status, headers=headers, media_type="application/json")


def json_bytes(content: Any) -> bytes:
    """A value as JSON in UTF-8, on one line and without spaces. It may hold no infinity: JSON has none.

    >>> json_bytes({"a": [1, None, "\u2028"]})
    b'{"a":[1,null,"\\\\u2028"]}'
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_LINE_ENDS).encode()
