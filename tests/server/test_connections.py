"""A server at a real socket: clients that stall, send garbage, leave, or come too many at once."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from seqgen.errors import ConfigError
from seqgen.server.listening import Server, listen
from seqgen.server.models import ServedModels
from tests.server.conftest import LIMITS

WITHIN_S = 5.0
"""Longer than anything here may take."""


def connected(server: Server) -> socket.socket:
    address = urlsplit(server.address)
    assert address.hostname is not None
    return socket.create_connection((address.hostname, address.port or 0), timeout=WITHIN_S)


def all_of(client: socket.socket) -> bytes:
    """What the server sends until it closes the connection."""
    received = b""
    while chunk := client.recv(65536):
        received += chunk
    return received


def head(path: str, **headers: object) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        *(f"{name.replace('_', '-')}: {headers[name]}" for name in headers),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def request(fields: dict[str, Any]) -> bytes:
    body = json.dumps(fields).encode()
    return head("/v1/completions", Content_Length=len(body)) + body


def eventually(is_true: Callable[[], bool]) -> bool:
    """Whether something becomes true soon."""
    end = time.monotonic() + WITHIN_S
    while not is_true() and time.monotonic() < end:
        time.sleep(0.01)
    return is_true()


def n_busy(served: ServedModels) -> int:
    engine = served.find("tiny").writer()
    return engine.n_writing + engine.n_waiting


LONG = {"prompt": "Mina ", "max_characters": 20_000, "stream": True}


@pytest.mark.parametrize(
    "begun",
    [b"", b"POST", b"POST /v1/completions HTTP/1.1\r\nHost: local", b"GET /health HTTP/1.1\r\nHost: localhost\r\n"],
)
def test_a_client_that_does_not_finish_its_head_is_dropped(server: Server, begun: bytes) -> None:
    with connected(server) as client:
        client.sendall(begun)
        assert all_of(client) == b""


def test_a_head_that_comes_byte_by_byte_is_dropped_as_well(server: Server) -> None:
    begun = time.monotonic()
    with connected(server) as client, pytest.raises(OSError):
        while time.monotonic() < begun + WITHIN_S:
            client.sendall(b"G")
            time.sleep(0.05)
    assert time.monotonic() < begun + WITHIN_S


def test_a_second_request_whose_head_stalls_is_dropped(server: Server) -> None:
    with connected(server) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hea")
        assert all_of(client).count(b"HTTP/1.1 200") == 1


def test_a_body_that_does_not_come_is_refused(server: Server) -> None:
    with connected(server) as client:
        client.sendall(head("/v1/completions", Content_Length=100) + b'{"prompt"')
        answer = all_of(client)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"did not arrive within 0.5 seconds" in answer


def test_a_body_that_is_announced_too_large_is_refused_and_the_connection_closed(server: Server) -> None:
    with connected(server) as client:
        client.sendall(head("/v1/completions", Content_Length=10**12) + b"x" * 1000)
        assert all_of(client).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_garbage_is_refused_and_the_server_goes_on(server: Server, garbage: bytes) -> None:
    with connected(server) as client:
        client.sendall(garbage)
        answer = all_of(client)
    assert not answer or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 200"))
    assert b"Traceback" not in answer
    assert httpx.get(f"{server.address}/health").status_code == 200


def test_a_client_that_leaves_a_stream_frees_its_place(server: Server, served: ServedModels) -> None:
    with connected(server) as client:
        client.sendall(request(LONG))
        assert client.recv(20).startswith(b"HTTP/1.1 200")
        assert n_busy(served) == 1
    assert eventually(lambda: n_busy(served) == 0)


def test_a_client_that_leaves_before_its_whole_answer_frees_its_place(server: Server, served: ServedModels) -> None:
    with connected(server) as client:
        client.sendall(request({**LONG, "stream": False, "n": 4}))
        assert eventually(lambda: n_busy(served) == 4)
    assert eventually(lambda: n_busy(served) == 0)
    left = 'seqgen_requests_total{path="/v1/completions",status="499"} 1.0'
    assert eventually(lambda: left in httpx.get(f"{server.address}/metrics").text)


def test_clients_that_leave_are_no_faults_of_the_server(
    server: Server, served: ServedModels, capsys: pytest.CaptureFixture[str]
) -> None:
    for fields in (LONG, {**LONG, "stream": False}):
        with connected(server) as client:
            client.sendall(request(fields))
            assert eventually(lambda: n_busy(served) == 1)
        assert eventually(lambda: n_busy(served) == 0)
    with connected(server) as client:
        client.sendall(head("/v1/completions", Content_Length=100) + b"{")
    assert httpx.get(f"{server.address}/health").status_code == 200
    assert capsys.readouterr().err == ""


def test_warnings_of_asyncio_about_clients_that_left_are_not_shown(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("asyncio").warning("socket.send() raised exception.")
    assert capsys.readouterr().err == ""


def test_a_client_that_does_not_read_its_stream_is_dropped(server: Server, served: ServedModels) -> None:
    with connected(server) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        client.sendall(request({**LONG, "max_characters": 5000, "logprobs": 8, "n": 4}))
        assert eventually(lambda: n_busy(served) == 4)
        assert eventually(lambda: n_busy(served) == 0)


def test_a_server_that_is_full_says_so_and_when_to_try_again(server: Server, served: ServedModels) -> None:
    with connected(server) as client:
        client.sendall(request({**LONG, "n": 8}))
        assert eventually(lambda: n_busy(served) == 8)
        answer = httpx.post(f"{server.address}/v1/completions", json={"prompt": "M"})
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["error"]["message"] == "the server is busy: try again soon"
    assert eventually(lambda: n_busy(served) == 0)
    assert httpx.post(f"{server.address}/v1/completions", json={"prompt": "M"}).status_code == 200


def test_the_same_seed_gives_the_same_text_whoever_else_is_served(server: Server, served: ServedModels) -> None:
    fields = {"prompt": "The ", "max_characters": 300, "seed": 9}
    alone = httpx.post(f"{server.address}/v1/completions", json=fields).json()["choices"]
    with connected(server) as client:
        client.sendall(request({**LONG, "n": 3}))
        assert eventually(lambda: n_busy(served) == 3)
        assert httpx.post(f"{server.address}/v1/completions", json=fields).json()["choices"] == alone


def test_streams_end_soon_after_the_server_is_asked_to_stop(served: ServedModels, server: Server) -> None:
    with connected(server) as client:
        client.sendall(request(LONG))
        client.recv(20)
        begun = time.monotonic()
        server.stop()
        server.wait(WITHIN_S)
        assert not server.is_running
        assert time.monotonic() - begun < WITHIN_S


def test_clients_of_texts_that_do_not_end_are_told_that_the_server_stops(served: ServedModels, server: Server) -> None:
    with connected(server) as stream, connected(server) as whole:
        stream.sendall(request(LONG))
        whole.sendall(request({**LONG, "stream": False}))
        assert eventually(lambda: n_busy(served) == 2)
        server.stop()
        served.close(within_s=0.1)
        told, answer = all_of(stream), all_of(whole)
    assert b"the server is being stopped" in told
    assert told.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 503")
    assert b'"code":"stopping"' in answer


@pytest.fixture
def taken() -> Iterator[int]:
    with listen(LIMITS) as listening:
        yield listening.getsockname()[1]


def test_a_port_that_is_taken_is_one_clear_line(taken: int) -> None:
    with pytest.raises(ConfigError, match=f"port is {taken}, where 127.0.0.1 cannot listen: Address already in use"):
        listen(replace(LIMITS, port=taken))


def test_an_address_that_this_machine_does_not_have_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"host is 'nowhere.invalid', which is no address"):
        listen(replace(LIMITS, host="nowhere.invalid", open=True))
