"""A server that listens at a socket, in a thread of its own, until it is asked to stop."""

from __future__ import annotations

import functools
import logging
import math
import os
import socket
import threading
import time
from typing import Any, final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from seqgen.config import ServingConfig
from seqgen.errors import ConfigError
from seqgen.server.access.gates import bracketed
from seqgen.server.patience import PatientProtocol

_BACKLOG = 1024
_MOST_CONNECTIONS = 1000
_MOST_HEAD_BYTES = 32 * 1024
_TELL_S = 1.0
"""For telling clients that their texts have been ended, when the server stops."""


def listen(config: ServingConfig) -> socket.socket:
    """A socket at the address of a configuration.

    >>> from seqgen.config import ServingConfig
    >>> with listen(ServingConfig(port=0)) as free:
    ...     address_of(free)
    'http://127.0.0.1:...'

    Raises:
        ConfigError: the port is taken, or this machine has no such address.
    """
    try:
        found = socket.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"is {config.host!r}, which is no address: {_reason(error)}", field="host") from None
    listening = socket.socket(family, kind)
    try:
        if os.name == "posix":  # pragma: no branch - on Windows it would let two servers share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listening.close()
        raise ConfigError(
            f"is {config.port}, where {config.host} cannot listen: {_reason(error)}; name another port, or 0 for one "
            "that is free",
            field="port",
        ) from None
    return listening


def address_of(listening: socket.socket) -> str:
    """The address of a socket, as a browser takes it."""
    host, port = listening.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://{bracketed(shown)}:{port}"


@final
class Server:
    """An application that answers at a socket. Leave the block to stop it.

    >>> from seqgen.config import ServingConfig
    >>> from starlette.responses import PlainTextResponse
    >>> import urllib.request
    >>> with Server(PlainTextResponse("Hello"), ServingConfig(port=0)) as server:
    ...     urllib.request.urlopen(server.address).read()
    b'Hello'
    """

    def __init__(self, app: ASGIApp, config: ServingConfig) -> None:
        self._socket = listen(config)
        self.address = address_of(self._socket)
        logging.getLogger("asyncio").setLevel(logging.ERROR)  # it warns of clients that have left
        self._uvicorn = uvicorn.Server(
            uvicorn.Config(
                app,
                http=functools.partial(_protocol, config),  # type: ignore[arg-type]
                ws="none",
                loop="asyncio",
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=_MOST_CONNECTIONS,
                timeout_keep_alive=max(1, round(config.read_s)),
                timeout_graceful_shutdown=math.ceil(config.stop_s + _TELL_S),
                h11_max_incomplete_event_size=_MOST_HEAD_BYTES,
            )
        )
        self._thread = threading.Thread(target=self._uvicorn.run, args=([self._socket],), name="seqgen-server")

    def __enter__(self) -> Server:
        self._thread.start()
        while not self._uvicorn.started and self._thread.is_alive():
            time.sleep(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._thread.join()

    @property
    def is_running(self) -> bool:
        """Whether it still answers."""
        return self._thread.is_alive()

    def stop(self, *, at_once: bool = False) -> None:
        """Take no more requests, and end when those that are under way have ended, or their time is over."""
        self._uvicorn.force_exit = self._uvicorn.force_exit or at_once
        self._uvicorn.should_exit = True

    def wait(self, seconds: float) -> None:
        """Wait for the end, but not longer."""
        self._thread.join(seconds)


def _protocol(limits: ServingConfig, /, **options: Any) -> PatientProtocol:
    """The protocol of a new connection; the options are uvicorn's."""
    return PatientProtocol(H11Protocol(**options), head_s=limits.read_s, write_s=limits.write_s)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
