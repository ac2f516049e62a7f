"""A text in the cache: its hash, its characters by number, and that it is whole or absent."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from seqgen.config import ReadingConfig
from seqgen.corpus.stored_text import CHUNK_BYTES, StoredText, find_text, store_text
from seqgen.errors import CorpusError

TEXT = "aé語😀\t\n" * 3


def store(folder: Path, *texts: bytes, reading: ReadingConfig | None = None) -> StoredText:
    paths = [folder / str(number) for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(text)
    return store_text([str(path) for path in paths], reading)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte-order mark"])
def test_one_file_has_its_own_digest_without_the_mark(tmp_path: Path, own_cache: Path, mark: bytes) -> None:
    stored = store(tmp_path, mark + TEXT.encode())
    assert stored.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
    assert (stored.n_characters, stored.n_bytes) == (len(TEXT), len(TEXT.encode()))
    assert "".join(stored.chunks()) == TEXT
    assert stored.path == own_cache / "texts" / f"{stored.sha256}.txt"


def test_files_follow_one_another_and_the_digest_knows_where_they_end(tmp_path: Path) -> None:
    unjoined = ReadingConfig(joins_files=False)
    stored = store(tmp_path, b"one", b"", b"two", reading=unjoined)
    other = store(tmp_path, b"on", b"", b"etwo", reading=unjoined)
    assert "".join(stored.chunks()) == "".join(other.chunks()) == "onetwo"
    assert stored.file_ends == (3, 3, 6)
    assert stored.sha256 == hashlib.sha256(b"one\xff\xfftwo").hexdigest() != other.sha256


@pytest.mark.parametrize("text", [TEXT, "plain"])
def test_every_character_begins_at_its_offset(tmp_path: Path, text: str) -> None:
    stored = store(tmp_path, text.encode())
    offsets = [stored.byte_offset(number) for number in range(len(text) + 1)]
    assert offsets == [len(text[:number].encode()) for number in range(len(text) + 1)]


@pytest.mark.parametrize("shift", range(3))
def test_no_character_is_cut_where_a_long_text_is_read_in_chunks(tmp_path: Path, shift: int) -> None:
    text = "a" * shift + "語" * (CHUNK_BYTES // 3 + 10)
    stored = store(tmp_path, text.encode())
    chunks = list(stored.chunks())
    assert len(chunks) > 1
    assert "".join(chunks) == text
    assert stored.byte_offset(len(text) - 5) == stored.n_bytes - 15
    assert "".join(stored.chunks(shift + 3, shift + 9)) == "語語"


def test_a_stored_text_is_found_by_its_hash(tmp_path: Path) -> None:
    stored = store(tmp_path, TEXT.encode(), b"more")
    found = find_text(stored.sha256)
    assert found == stored
    assert "".join(found.chunks()) == TEXT + "more"


def test_a_newline_stands_between_two_files_unless_the_first_ends_in_one(tmp_path: Path) -> None:
    stored = store(tmp_path, b"one", b"", b"two\n", b"three")
    assert "".join(stored.chunks()) == "one\ntwo\nthree"


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\u2028", "\u2029"])
def test_line_ends_become_newlines_and_this_is_said(tmp_path: Path, line_end: str) -> None:
    text = line_end.join(["one", "", "two", ""])
    stored = store(tmp_path, text.encode())
    assert "".join(stored.chunks()) == "one\n\ntwo\n"
    assert stored.sha256 == hashlib.sha256(b"one\n\ntwo\n").hexdigest()
    (note,) = stored.notes
    assert note.startswith("line ends: 3 ")
    assert "--set line_ends=keep" in note


def test_line_ends_are_kept_if_that_is_asked(tmp_path: Path) -> None:
    stored = store(tmp_path, b"one\r\ntwo\rthree\n", reading=ReadingConfig(line_ends="keep"))
    assert "".join(stored.chunks()) == "one\r\ntwo\rthree\n"
    assert stored.notes == ()


@pytest.mark.parametrize(
    ("text", "notes"),
    [(TEXT, []), ("<p>" + "a" * 70, []), ("<b>" + "a" * 3 + "</b>", ["70% of the text is markup"])],
)
def test_a_text_with_newlines_has_no_notes_unless_much_of_it_is_markup(
    tmp_path: Path, text: str, notes: list[str]
) -> None:
    assert [note.partition(",")[0] for note in store(tmp_path, text.encode()).notes] == notes


def test_what_a_killed_process_left_in_the_cache_goes_after_a_day(tmp_path: Path) -> None:
    folder = store(tmp_path, TEXT.encode()).path.parent
    left = {hours: folder / f".unfinished-{hours}.x1.part" for hours in (1, 23, 25)}
    for hours, path in left.items():
        path.touch()
        os.utime(path, (time.time() - 3600 * hours,) * 2)
    store(tmp_path, b"another")
    assert [hours for hours, path in left.items() if path.exists()] == [1, 23]


def test_a_text_that_is_absent_or_cut_short_in_the_cache_is_not_found(tmp_path: Path) -> None:
    stored = store(tmp_path, TEXT.encode())
    stored.path.write_bytes(TEXT.encode()[:-1])
    assert find_text(stored.sha256) is None
    assert find_text("0" * 64) is None


@pytest.mark.parametrize("facts", ["", "[]", "7", "{}", '{"file_ends": [37]}', '{"n_characters": 18, "file_ends": 37}'])
def test_a_text_whose_facts_are_damaged_is_not_found(tmp_path: Path, facts: str) -> None:
    stored = store(tmp_path, TEXT.encode())
    stored.path.with_suffix(".json").write_text(facts, encoding="utf-8")
    assert find_text(stored.sha256) is None


@pytest.mark.parametrize("texts", [[b""], [b"\xef\xbb\xbf"], [b"", b""]])
def test_no_text_at_all_is_refused(tmp_path: Path, texts: list[bytes]) -> None:
    with pytest.raises(CorpusError, match=r"0.* is empty"):
        store(tmp_path, *texts)


def test_what_cannot_be_read_to_its_end_leaves_nothing_in_the_cache(tmp_path: Path, own_cache: Path) -> None:
    with pytest.raises(CorpusError):
        store(tmp_path, TEXT.encode(), b"\xff")
    assert [path for path in own_cache.rglob("*") if path.is_file()] == []


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SEQGEN_CACHE", str(tmp_path / "file"))
    with pytest.raises(CorpusError, match="file"):
        store(tmp_path, TEXT.encode())
