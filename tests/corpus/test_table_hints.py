"""A table that is read as a text, and a header that is read as a pair: both are noticed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seqgen.config import CorpusConfig
from seqgen.corpus import open_corpus

TABLE = "".join(f"{n}\t{n * n}\n" for n in range(40))
RECORDS = "".join(f'{{"text": "{n}", "label": "{n * n}"}}\n' for n in range(40))


def notes(tmp_path: Path, name: str, text: str, **options: Any) -> list[str]:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return list(open_corpus(CorpusConfig(paths=(str(tmp_path / name),), **options)).notes)


@pytest.mark.parametrize("name", ["a.txt", "a.tsv"])
@pytest.mark.parametrize("table", [TABLE, TABLE.replace("\n", "\n\n", 9)], ids=["whole", "with empty lines"])
def test_a_table_of_two_columns_that_is_learned_as_text_is_noticed(name: str, table: str, tmp_path: Path) -> None:
    (note,) = notes(tmp_path, name, table)
    assert note.endswith("--pairs learns one from the other")


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json"])
def test_records_that_are_learned_as_text_are_noticed(name: str, tmp_path: Path) -> None:
    (note,) = notes(tmp_path, name, RECORDS)
    assert f"{name} holds records, and all of it is learned as text: --field NAME" in note


@pytest.mark.parametrize(
    "text",
    [
        "A line of prose.\n" * 40,
        TABLE + "one column\n",
        TABLE.replace("7\t", "7\t\t"),
        "\tindented\n" * 40,
        "a\tb\n" * 3,
    ],
)
def test_a_text_is_no_table(text: str, tmp_path: Path) -> None:
    assert not [note for note in notes(tmp_path, "a.txt", text) if "--pairs" in note]


def test_records_of_which_one_field_is_read_are_not_spoken_of(tmp_path: Path) -> None:
    assert not [
        note for note in notes(tmp_path, "a.jsonl", RECORDS, field="text", documents="record") if "--pairs" in note
    ]


@pytest.mark.parametrize("header", ["source\ttarget", "Text\tLabel", "word \tclass"])
def test_a_pair_that_looks_like_a_header_is_noticed(header: str, tmp_path: Path) -> None:
    source, target = header.split("\t")
    (note,) = (note for note in notes(tmp_path, "a.tsv", f"{header}\n{TABLE}", pairs=True) if "header" in note)
    assert note.startswith(f"one pair is {source!r} and {target!r}: if that is the header of a table, remove its line")


def test_pairs_of_usual_words_are_no_header(tmp_path: Path) -> None:
    pairs = TABLE + "word\twords\nlabel\tlabel\n"
    assert not [note for note in notes(tmp_path, "a.tsv", pairs, pairs=True) if "header" in note]
