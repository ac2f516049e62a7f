"""`seqgen corpus`: what a text is made of, and public texts fetched from a server of our own."""

from __future__ import annotations

import dataclasses
import functools
import gzip
import hashlib
import http.server
import json
import math
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from seqgen.cli import app
from seqgen.corpus.catalog import CATALOG, CatalogEntry

DATA = b"Tunes, tales and talk.\n" * 5000


def corpus(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["corpus", *map(str, arguments)])


def test_stats_count_characters_bytes_lines_scripts_and_entropy(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("aé\nЖ\n".encode())
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress("aЖ漢".encode()))
    result = corpus("stats", tmp_path / "a.txt", tmp_path / "b.txt.gz", "--json")
    facts = json.loads(result.stdout)
    entropy = facts.pop("entropy_bits")
    faults = facts.pop("faults")
    assert (faults["line_ends"], faults["controls"], faults["n_trailing"]) == ({"LF": 2}, {}, 0)
    assert facts == {
        "n_characters": 8,
        "n_bytes": 8 + 1 + 2 + 2,
        "n_distinct": 5,
        "n_lines": 3,
        "scripts": {"Latin": 3 / 6, "Cyrillic": 2 / 6, "Han": 1 / 6},
    }
    assert entropy == pytest.approx(-(3 * 2 / 8 * math.log2(2 / 8) + 2 * 1 / 8 * math.log2(1 / 8)))


def test_stats_are_shown_in_words(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("abab\n" * 1000, encoding="utf-8", newline="")
    shown = corpus("stats", tmp_path / "text.txt").stdout
    for words in ("5,000", "1,000", "Latin 100.0%", "1.522 bits per character"):
        assert words in shown


MESSY = "one  \r\ntwo\x07\n\n<p>three</p>\n\none  \n\none  \n\n" + "x" * 10_001 + "\n"


def test_stats_say_what_a_person_would_mend(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_bytes(MESSY.encode() * 9)
    shown = corpus("stats", tmp_path / "text.txt", "--documents", "blank-line").stdout
    for words in (
        "mixed line ends: 81 LF, 9 CRLF",
        "control characters: 9 (9 U+0007)",
        "lines that end in spaces: 27, up to 2 spaces",
        "lines over 10,000 characters: 9, up to 10,001",
        "documents that equal an earlier one: 32",
    ):
        assert words in shown
    assert "markup" not in shown
    assert "documents            37, median" in shown


def test_stats_name_form_feeds_and_invisible_characters(tmp_path: Path) -> None:
    text = "page one\n\fpage two\n\fpage three\nco\u00adoperate with zero\u200bwidth\nand \u200d joined\n"
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    shown = corpus("stats", tmp_path / "text.txt").stdout
    assert "control characters: 4 (2 U+000C (form feed), 1 U+00AD (soft hyphen), 1 U+200B)" in shown


def test_markup_is_reported_from_a_share_on(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>one &amp; two</p>\n" * 20, encoding="utf-8")
    assert "markup, such as <p> or &amp;: 57" in corpus("stats", tmp_path / "page.html").stdout


@pytest.mark.parametrize("documents", [None, "line"])
def test_nothing_is_said_of_a_clean_text(tmp_path: Path, documents: str | None) -> None:
    (tmp_path / "text.txt").write_text("".join(f"line {n}\n" for n in range(50)), encoding="utf-8", newline="")
    options = [] if documents is None else ["--documents", documents]
    result = corpus("stats", tmp_path / "text.txt", *options)
    assert "to mend" not in result.stdout
    assert result.stderr == ""
    assert ("documents            50, median length 7 characters" in result.stdout) == (documents is not None)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a server on loopback that holds `tunes.txt`."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "tunes.txt").write_bytes(DATA)
    handler = functools.partial(QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as http_server:
        thread = threading.Thread(target=http_server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{http_server.server_port}"
        http_server.shutdown()
        thread.join()


@pytest.fixture
def entry(server: str, monkeypatch: pytest.MonkeyPatch) -> CatalogEntry:
    """A corpus of the catalog that the server holds."""
    monkeypatch.setenv("no_proxy", "*")
    digest = hashlib.sha256(DATA).hexdigest()
    tunes = CatalogEntry(
        name="tunes", about="for a test", terms="none", address=f"{server}/tunes.txt", n_bytes=len(DATA), sha256=digest
    )
    monkeypatch.setitem(CATALOG, "tunes", tunes)
    return tunes


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_list_names_every_corpus_and_says_which_are_here(entry: CatalogEntry) -> None:
    before = corpus("list").stdout
    assert all(name in before for name in CATALOG)
    assert "fetched" not in before
    corpus("fetch", "tunes")
    shown = corpus("list").stdout
    (line,) = (line for line in shown.splitlines() if "fetched" in line)
    assert line.split()[0] == "tunes"
    assert all(f"terms  {entry.terms}" in shown for entry in CATALOG.values())
    assert "from   github.com/karpathy/char-rnn" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_every_corpus_has_an_address_of_its_own_and_a_whole_digest() -> None:
    assert len({entry.address for entry in CATALOG.values()}) == len(CATALOG)
    for name, entry in CATALOG.items():
        assert entry.name == name
        assert entry.address.startswith("https://")
        assert len(bytes.fromhex(entry.sha256)) == 32


def test_fetch_prints_where_the_verified_text_lies(entry: CatalogEntry, own_cache: Path) -> None:
    result = corpus("fetch", "tunes")
    assert result.exit_code == 0
    path = Path(result.stdout.rstrip("\n"))
    assert path.read_bytes() == DATA
    assert files_in(own_cache) == [path]


def test_a_text_that_was_fetched_before_is_not_fetched_again(
    entry: CatalogEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = corpus("fetch", "tunes").stdout
    (tmp_path / "served" / "tunes.txt").unlink()
    again = corpus("fetch", "tunes")
    assert (again.exit_code, again.stdout) == (0, path)
    assert "has been fetched before" in again.stderr


@pytest.mark.parametrize("served", [DATA[:-1], DATA + b"more" * 100_000, DATA[:-1] + b"?"])
def test_a_text_that_differs_from_the_catalog_is_not_kept(
    served: bytes, entry: CatalogEntry, tmp_path: Path, own_cache: Path
) -> None:
    (tmp_path / "served" / "tunes.txt").write_bytes(served)
    result = corpus("fetch", "tunes")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("seqgen: tunes has changed")
    assert len(result.stderr.splitlines()) == 1
    assert files_in(own_cache) == []


def test_offline_and_not_found_are_one_clear_line(
    entry: CatalogEntry, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}/tunes.txt"
        for address in (nobody, entry.address + ".gone"):
            monkeypatch.setitem(CATALOG, "tunes", dataclasses.replace(entry, address=address))
            result = corpus("fetch", "tunes")
            assert (result.exit_code, result.stdout) == (1, "")
            assert len(result.stderr.splitlines()) == 1
            assert result.stderr.startswith("seqgen: tunes cannot be fetched (")
    assert files_in(own_cache) == []


def test_a_disk_too_full_for_the_text_is_one_clear_line(
    entry: CatalogEntry, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    result = corpus("fetch", "tunes")
    assert result.exit_code == 1
    assert result.stderr.startswith("seqgen: ")
    assert "No space left" in result.stderr
    assert files_in(own_cache) == []
