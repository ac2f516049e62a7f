"""The bodies of requests: read whole, up to a size and within a time, and taken apart as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import anyio
from starlette.requests import Request

from seqgen.config import ServingConfig
from seqgen.server.faults import RequestError

_CLOSE = {"Connection": "close"}
_LINGER_S = 1.0
"""How long what is beyond the limit is still received and thrown away: a client that sends does not listen yet."""
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


async def read_json(request: Request, config: ServingConfig) -> Any:
    """The body of a request.

    Raises:
        RequestError: it is too large, too slow, or not JSON.
        ClientDisconnect: the client has left.
    """
    most, stream = config.most_body_bytes, request.stream()
    try:
        with anyio.fail_after(config.read_s):
            body = None if _is_announced_larger(request, most) else await _read(stream, most)
    except TimeoutError:
        message = f"the body did not arrive within {config.read_s:g} seconds"
        raise RequestError(408, message, headers=_CLOSE) from None
    if body is None:
        with anyio.move_on_after(_LINGER_S):
            async for _ in stream:
                pass
        raise RequestError(413, f"the body is larger than {most:,} bytes", headers=_CLOSE)
    return parse_json(body)


def _is_announced_larger(request: Request, most: int) -> bool:
    announced = request.headers.get("content-length", "")
    return announced.isdecimal() and (len(announced) > len(str(most)) or int(announced) > most)


async def _read(stream: AsyncIterator[bytes], most: int) -> bytes | None:
    """A whole body; None if it is larger than this."""
    body = bytearray()
    async for chunk in stream:
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


def parse_json(body: bytes) -> Any:
    """The value of a JSON text. It holds no NaN, no infinity and no half character.

    >>> parse_json(b'{"n": 1}')
    {'n': 1}
    >>> parse_json(b'{"n": NaN}')
    Traceback (most recent call last):
    seqgen.server.faults.RequestError: the body is not JSON: NaN is not allowed

    Raises:
        RequestError: it is not JSON in UTF-8.
    """
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse)
        if _ESCAPED_SURROGATE.search(body):
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise RequestError(400, f"the body is not UTF-8 at byte {error.start}") from None
    except UnicodeEncodeError:
        raise RequestError(400, "the body holds half a character (a surrogate): it must be text") from None
    except RecursionError:
        raise RequestError(400, "the body is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise RequestError(400, f"the body is not JSON: {error}") from None
    except ValueError:  # Python's words for this are for programmers
        raise RequestError(400, "the body holds a whole number with too many digits") from None
    return value


def _refuse(constant: str) -> Any:
    raise RequestError(400, f"the body is not JSON: {constant} is not allowed")
