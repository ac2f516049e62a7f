"""A server that answers as the real one does, with what a test scripted."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[str, dict[str, Any], str], tuple[int, Any]]
"""Path, body and key of a request -> status and what is sent: an object, or a list of events."""


@contextmanager
def scripted_server(page: str, answer: Answer) -> Iterator[str]:
    """The address of a server that shows a page at / and gives answers elsewhere."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/":
                self.send(200, "text/html; charset=utf-8", page.encode())
            else:
                self.reply({})

        def do_POST(self) -> None:
            self.reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def reply(self, body: dict[str, Any]) -> None:
            status, sent = answer(self.path, body, self.headers.get("Authorization", "").removeprefix("Bearer "))
            if isinstance(sent, list):
                lines = [*(json.dumps(event) for event in sent), "[DONE]"]
                self.send(status, "text/event-stream", "".join(f"data: {line}\n\n" for line in lines).encode())
            else:
                self.send(status, "application/json", json.dumps(sent).encode())

        def send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
