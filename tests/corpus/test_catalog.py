"""Fetching, from a server on loopback: the file appears only if it is right."""

from __future__ import annotations

import hashlib
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from seqgen.corpus.catalog import CATALOG, CatalogEntry, fetch
from seqgen.errors import CorpusError

DATA = b"a text that is fetched\n" * 10_000


class _Handler(BaseHTTPRequestHandler):
    """Serves the text whole, and other paths in the ways that servers fail."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.close_connection = True
        if self.path == "/whole":
            self._answer("Content-Length", str(len(DATA)), DATA)
        elif self.path == "/short":
            self._answer("Content-Length", str(len(DATA)), DATA[:100_000])
        elif self.path == "/cut-chunk":
            self._answer("Transfer-Encoding", "chunked", b"%x\r\n" % len(DATA) + DATA[:100_000])
        elif self.path == "/no-http":
            self.wfile.write(b"hello\r\n\r\n")
        else:
            self.send_error(404)

    def _answer(self, header: str, value: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header(header, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server on loopback, reached without a proxy."""
    monkeypatch.setenv("no_proxy", "*")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def entry(address: str, data: bytes = DATA) -> CatalogEntry:
    return CatalogEntry(
        name="text",
        about="a text",
        terms="none",
        address=address,
        n_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_text_is_fetched_into_the_cache_and_progress_reported(server: str, own_cache: Path) -> None:
    wanted = entry(f"{server}/whole")
    assert wanted.origin == f"{server}/whole"
    assert not wanted.is_fetched
    received = list(fetch(wanted))
    assert received == sorted(received)
    assert received[-1] == len(DATA)
    assert len(received) > 1
    assert wanted.is_fetched
    assert wanted.path.read_bytes() == DATA
    assert files(own_cache) == [wanted.path]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("whole", DATA[:-1] + b"!"),  # same length, other bytes
        ("whole", DATA[: len(DATA) // 3]),  # too long
        ("whole", DATA + b"more"),
        ("short", DATA),
        ("cut-chunk", DATA),
        ("no-http", DATA),
        ("missing", DATA),
    ],
    ids=["changed", "too long", "too short", "connection lost", "chunk lost", "no HTTP", "not found"],
)
def test_what_is_not_right_is_refused_and_nothing_kept(
    server: str, own_cache: Path, path: str, expected: bytes
) -> None:
    with pytest.raises(CorpusError, match=r"^text (has changed|cannot be fetched)"):
        list(fetch(entry(f"{server}/{path}", expected)))
    assert files(own_cache) == []


def test_a_text_that_was_changed_in_the_cache_is_fetched_again(server: str, own_cache: Path) -> None:
    wanted = entry(f"{server}/whole")
    list(fetch(wanted))
    wanted.path.write_bytes(DATA[:-1] + b"!")
    assert not wanted.is_fetched
    list(fetch(wanted))
    assert wanted.path.read_bytes() == DATA


def test_a_text_that_is_too_long_is_not_read_to_its_end(server: str) -> None:
    received: list[int] = []
    with pytest.raises(CorpusError, match="text has changed"):
        for n_bytes in fetch(entry(f"{server}/whole", b"short")):
            received.append(n_bytes)
    assert max(received) < len(DATA)


def test_a_fetch_that_is_given_up_leaves_nothing(server: str, own_cache: Path) -> None:
    fetching = fetch(entry(f"{server}/whole"))
    next(fetching)
    fetching.close()  # type: ignore[attr-defined]
    assert files(own_cache) == []


def test_what_was_fetched_before_stands_when_the_next_fetch_fails(server: str) -> None:
    list(fetch(entry(f"{server}/whole")))
    with pytest.raises(CorpusError):
        list(fetch(entry(f"{server}/short")))
    assert entry(server).path.read_bytes() == DATA


def test_offline_says_so_in_one_line(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        with pytest.raises(
            CorpusError, match=r"^text cannot be fetched \(\[Errno [^<>]*\): are you online\?$"
        ) as refusal:
            list(fetch(entry(f"http://127.0.0.1:{taken.getsockname()[1]}/text")))
    assert "\n" not in str(refusal.value)
    assert files(own_cache) == []


def test_a_cache_that_takes_no_file_is_not_taken_for_a_fault_of_the_network(server: str, own_cache: Path) -> None:
    own_cache.mkdir()
    (own_cache / "corpora").touch()
    with pytest.raises(CorpusError, match=r"^text cannot be kept in .*corpora: .*; set SEQGEN_CACHE"):
        list(fetch(entry(f"{server}/whole")))


@pytest.mark.parametrize("name", CATALOG)
def test_an_entry_of_the_catalog_is_well_formed(name: str, own_cache: Path) -> None:
    listed = CATALOG[name]
    assert listed.name == name == listed.path.stem
    assert re.fullmatch(r"[a-z0-9-]+", name)
    assert re.fullmatch(r"https://\S+/[0-9a-f]{40}/\S+", listed.address)  # pinned to a commit
    assert re.fullmatch(r"[0-9a-f]{64}", listed.sha256)
    assert listed.n_bytes > 0
    assert listed.about
    assert own_cache in listed.path.parents


def test_no_two_entries_are_the_same_text() -> None:
    assert len({listed.sha256 for listed in CATALOG.values()}) == len(CATALOG)
