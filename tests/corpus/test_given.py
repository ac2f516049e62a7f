"""Texts that a program hands over: which of them are paths, texts, documents or pairs, and how they are kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqgen.corpus.given import GivenTexts, is_path, path_of_text
from seqgen.errors import CorpusError

PAIRS = [("one", "two"), ["three", np.int64(4)]]
PAIR_LINES = '{"source": "one", "target": "two"}\n{"source": "three", "target": 4}\n'
AS_PAIRS = {"pairs": True, "columns": ("source", "target")}
DOCUMENTS = ["a", "2 to 10 é"]
DOCUMENT_LINES = '{"text": "a"}\n{"text": "2 to 10 \\u00e9"}\n'
AS_DOCUMENTS = {"field": "text", "documents": "record"}


@pytest.fixture(autouse=True)
def folder_with_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b.txt"):
        Path(name).touch()


@pytest.mark.parametrize(
    ("texts", "paths"),
    [
        ("a", ("a",)),
        (Path("missing"), ("missing",)),
        (["a", Path("missing")], ("a", "missing")),
        (dict.fromkeys(["a", "b.txt"]), ("a", "b.txt")),
    ],
)
def test_names_of_files_and_paths_stay_what_they_are(texts: Any, paths: tuple[str, ...]) -> None:
    assert GivenTexts.of(texts).fields() == {"paths": paths}


@pytest.mark.parametrize(
    ("texts", "name", "content", "fields"),
    [
        ("ten in all", "text.txt", "ten in all", {}),
        ("a\n", "text.txt", "a\n", {}),
        (DOCUMENTS, "documents.jsonl", DOCUMENT_LINES, AS_DOCUMENTS),
        (PAIRS, "pairs.jsonl", PAIR_LINES, AS_PAIRS),
    ],
)
def test_texts_in_memory_become_a_file_and_how_it_is_read(texts: Any, name: str, content: str, fields: Any) -> None:
    given = GivenTexts.of(texts, fewest=10).fields()
    (path,) = given.pop("paths")
    assert Path(path).name == name
    assert Path(path).read_text(encoding="utf-8") == content
    assert given == fields


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("only nine", "as a text it is too short"),
        (["a", "b.text"], "the documents 'a', 'b.text' have 7 characters in all"),
        ([], "the list of texts is empty"),
        (["a text of some length", Path("a")], r"Path\('a'\) is no text"),
        (b"Mina", "b'Mina' is no text"),
        (7, "7 is no text"),
        (["a", 7], "7 is no text"),
        ([("one", "two"), "three"], r"\('one', 'two'\) is no text"),
        ([("one", "two", "three")], "is no text"),
        ([{"one", "two"}], "is no text"),
        ([("one", {2})], "neither text nor a number"),
    ],
)
def test_what_is_too_little_or_of_several_kinds_is_refused(texts: Any, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        GivenTexts.of(texts, fewest=10)


def test_a_text_with_half_a_character_is_not_kept(own_cache: Path) -> None:
    with pytest.raises(CorpusError, match="half a character"):
        path_of_text("Mina \ud800")
    assert list(own_cache.rglob("*")) == []


@pytest.mark.skipif(os.name != "posix", reason="names of two lines")
def test_a_text_of_two_lines_is_a_text_whatever_files_there_are() -> None:
    Path("two\nlines").touch()
    assert not is_path("two\nlines")


@pytest.mark.parametrize("text", ["", "a\0b", "x" * 300, "x" * 10_000])
def test_what_no_file_is_named_is_no_path(text: str) -> None:
    assert not is_path(text)
