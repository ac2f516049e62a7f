"""The gates: names by which the server may be asked, keys, and origins of pages in browsers."""

from __future__ import annotations

import hmac
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import final

from starlette.requests import HTTPConnection

from seqgen.config import ServingConfig
from seqgen.server.faults import RequestError
from seqgen.server.parameters.table import shown

_LOCAL_NAMES = {"localhost", "127.0.0.1", "[::1]"}
_OPEN_PATHS = ("/health", "/")
"""What nobody needs a key for, beside the question of a browser whether it may ask (OPTIONS). The page at / names no
model, and asks for the key."""


class Gate(ABC):
    """Lets a request pass or not."""

    @abstractmethod
    def check(self, request: HTTPConnection) -> None:
        """Refuse a request that may not pass.

        Raises:
            RequestError: it may not.
        """


@final
class NameGate(Gate):
    """A server on the loopback answers only to names of this machine.

    A page from elsewhere can let its own name point at 127.0.0.1 (DNS rebinding). To the browser, the server then is
    the page's own. The name in the request gives that away.

    >>> gate = NameGate(["localhost"])
    >>> gate.check(HTTPConnection({"type": "http", "headers": [(b"host", b"evil.example:8000")]}))
    Traceback (most recent call last):
    seqgen.server.faults.RequestError: the request is for 'evil.example:8000', which is not the name of this machine
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = {*_LOCAL_NAMES, *names}

    def check(self, request: HTTPConnection) -> None:
        host = request.headers.get("host", "")
        if _without_port(host).lower() not in self._names:
            raise RequestError(421, f"the request is for {shown(host)}, which is not the name of this machine")


@final
class KeyGate(Gate):
    """Only requests with the key pass: `Authorization: Bearer KEY`.

    >>> gate = KeyGate("secret")
    >>> gate.check(HTTPConnection({"type": "http", "path": "/", "headers": [(b"authorization", b"Bearer secret")]}))
    """

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def check(self, request: HTTPConnection) -> None:
        path = request.scope["path"]  # older releases of Starlette make `url.path` out of the name in the request too
        is_open = path in _OPEN_PATHS or request.scope.get("method") == "OPTIONS"
        if not is_open and not hmac.compare_digest(_sent_key(request), self._key):
            raise RequestError(
                401,
                "the key is missing or wrong: send it as Authorization: Bearer KEY",
                code="invalid_api_key",
                headers={"WWW-Authenticate": "Bearer"},
            )


@final
class OriginGate(Gate):
    """A page in a browser passes only if it comes from this server, or from an origin that is allowed.

    >>> gate = OriginGate(["https://example.org"])
    >>> headers = [(b"host", b"localhost:8000"), (b"origin", b"http://localhost:8000")]
    >>> gate.check(HTTPConnection({"type": "http", "scheme": "http", "headers": headers}))
    """

    def __init__(self, allowed: Sequence[str]) -> None:
        self._allowed = {origin.lower() for origin in allowed}

    def check(self, request: HTTPConnection) -> None:
        origin = request.headers.get("origin")
        if origin is None or self._is_own(request, origin) or self.allows(origin):
            return
        raise RequestError(
            403, f"pages of {shown(origin)} may not use this server: start it with --allow-origin to allow them"
        )

    def allows(self, origin: str) -> bool:
        """Whether pages of another origin may use the server."""
        return "*" in self._allowed or origin.lower() in self._allowed

    @staticmethod
    def _is_own(request: HTTPConnection, origin: str) -> bool:
        """Whether a page is the server's own. Behind a proxy with TLS, it comes by https and asks by http."""
        scheme, _, host = origin.lower().partition("://")
        return scheme in ("http", "https") and host == request.headers.get("host", "").lower()


def gates_of(config: ServingConfig) -> tuple[Gate, ...]:
    """The gates that a configuration sets up, in the order in which requests pass them.

    >>> from seqgen.config import ServingConfig
    >>> [type(gate).__name__ for gate in gates_of(ServingConfig(api_key="secret"))]
    ['NameGate', 'OriginGate', 'KeyGate']
    """
    names = [NameGate([bracketed(config.host)])] if config.is_local else []
    keys = [] if config.api_key is None else [KeyGate(config.api_key)]
    return (*names, OriginGate(config.allow_origin), *keys)


def bracketed(host: str) -> str:
    """A host as it stands in an address: those with colons in brackets.

    >>> bracketed("::1"), bracketed("localhost")
    ('[::1]', 'localhost')
    """
    return f"[{host}]" if ":" in host else host


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host


def _sent_key(request: HTTPConnection) -> bytes:
    """The key that a request brings; empty if it brings none."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip().encode("utf-8", "replace") if scheme.lower() == "bearer" else b""
