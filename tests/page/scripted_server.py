"""A server that answers as the real one does, with what a test scripted."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, final

Answer = Callable[[str, dict[str, Any], str], tuple[int, Any]]
"""Path, body and key of a request -> status and what is sent: an object, a list of events, or an iterator of events
that waits and ends as it likes, and never sends all that it announced."""


@contextmanager
def scripted_server(page: str, answer: Answer) -> Iterator[str]:
    """The address of a server that shows a page at / and gives answers elsewhere."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, page, answer))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@final
class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"

    def __init__(self, page: str, answer: Answer, *connection: Any) -> None:
        self.page, self.answer = page, answer
        super().__init__(*connection)

    def do_GET(self) -> None:
        if self.path == "/":
            self.send(200, "text/html; charset=utf-8", self.page.encode())
        else:
            self.reply({})

    def do_POST(self) -> None:
        self.reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def reply(self, body: dict[str, Any]) -> None:
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        status, sent = self.answer(self.path, body, key)
        if isinstance(sent, Iterator):
            self.begin(status, "text/event-stream", n_bytes=1 << 20)
            for event in sent:
                self.wfile.write(_line(json.dumps(event)))
        elif isinstance(sent, list):
            lines = [*(json.dumps(event) for event in sent), "[DONE]"]
            self.send(status, "text/event-stream", b"".join(map(_line, lines)))
        else:
            self.send(status, "application/json", json.dumps(sent).encode())

    def send(self, status: int, kind: str, body: bytes) -> None:
        self.begin(status, kind, n_bytes=len(body))
        self.wfile.write(body)

    def begin(self, status: int, kind: str, *, n_bytes: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(n_bytes))
        self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _line(data: str) -> bytes:
    return f"data: {data}\n\n".encode()
