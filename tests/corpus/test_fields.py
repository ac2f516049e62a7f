"""The texts in one field of JSON Lines and CSV: each record a document, read in little memory."""

from __future__ import annotations

import csv
import json
import re
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen.config import CorpusConfig
from seqgen.corpus import open_corpus
from seqgen.corpus.fields import holds_records, read_field, split_lines
from seqgen.errors import ConfigError, CorpusError
from tests.corpus.parts import text_of

TEXTS = ["one\n\ntwo", "drei, “vier”\u2028", "", 'five "six"', "seven"]


def json_lines(texts: list[str]) -> str:
    return "".join(json.dumps({"id": 1, "text": text}) + "\n" for text in texts)


def table(texts: list[str], delimiter: str) -> str:
    quoted = ('"' + text.replace('"', '""') + '"' for text in texts)
    return f"id{delimiter}text\r\n" + "".join(f"1{delimiter}{text}\r\n" for text in quoted)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", json_lines(TEXTS)),
        ("a.ndjson.gz", "\n" + json_lines(TEXTS).rstrip("\n")),
        ("a.csv", table(TEXTS, ",")),
        ("a.TSV", table(TEXTS, "\t")),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_every_text_comes_back_however_the_file_is_cut(name: str, content: str, size: int) -> None:
    chunks = [content[start : start + size] for start in range(0, len(content), size)]
    assert list(read_field(chunks, name, field="text")) == [text for text in TEXTS if text]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.jsonl", '{"text": "a"}\n{"text": ', "a.jsonl is not JSON in line 2"),
        ("a.jsonl", '["text"]\n', "no JSON object in line 1"),
        ("a.jsonl", '{"texts": "a", "id": 3}\n', "line 1 has no field 'text': it has texts, id"),
        ("a.jsonl", '{"text": 3}\n', "line 1: the field 'text' is 3, which is not text"),
        ("a.jsonl", '{"text": "\\ud800"}\n', "half a character"),
        ("a.csv", "id,title\n1,a\n", "a.csv has no column 'text': its first line has id, title"),
        ("a.csv", "id,text\n1\n", "line 2 has no field 'text'"),
        ("a.csv", 'id,text\n1,"a\n', "not CSV in line 2"),
        ("a.csv", "", "no column 'text': its first line has none"),
        ("a.jsonl", "[]\n", ": --field reads one in each line"),
    ],
)
def test_what_is_no_record_is_named_with_its_line(name: str, content: str, words: str) -> None:
    with pytest.raises(CorpusError) as error:
        list(read_field([content], name, field="text"))
    assert words in str(error.value)


@pytest.mark.parametrize("name", ["a.json.bz2", "a.ndjson.xz", "a.TSV.GZ", "a.csv.zst"])
def test_records_are_known_by_the_name_of_their_file_compressed_or_not(name: str) -> None:
    assert holds_records(name) and holds_records(Path(name).stem) and not holds_records(f"{name}.txt")


def test_a_value_in_a_table_may_be_long() -> None:
    csv.field_size_limit(1 << 17)  # as it is in a new process
    assert list(read_field(["text\n", "a" * 200_000], "a.csv", field="text")) == ["a" * 200_000]


def test_a_record_is_one_document_whatever_stands_in_it(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json_lines(TEXTS), encoding="utf-8")
    config = CorpusConfig(paths=(str(path),), field="text", documents="record", valid_fraction=0.0)
    documents = text_of(open_corpus(config).parts["train"]).split("\udc00")
    assert sorted(documents) == sorted(["", "one\n\ntwo", "drei, “vier”\n", 'five "six"', "seven"])


def test_a_field_and_other_documents_do_not_go_together() -> None:
    for options in ({"field": "text"}, {"documents": "record"}, {"field": "text", "documents": "line"}):
        with pytest.raises(ConfigError, match="--field"):
            CorpusConfig(paths=("a",), **options)  # type: ignore[arg-type]


def test_records_are_read_in_little_memory() -> None:
    line = json.dumps({"text": "a" * 1000}) + "\n"
    tracemalloc.start()
    try:
        n = sum(1 for _ in read_field((line * 100 for _ in range(200)), "a.jsonl", field="text"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert n == 20_000
    assert peak < 2_000_000


@given(st.lists(st.text("a\n\r")))
def test_lines_are_the_same_however_the_text_is_cut(chunks: list[str]) -> None:
    assert list(split_lines(chunks)) == re.findall("[^\n]*\n|[^\n]+", "".join(chunks))
