"""Pairs from tables, CSV and JSON Lines: what is read, and what is refused with its line."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pytest

from seqgen.config import CorpusConfig
from seqgen.corpus import open_corpus, read_pairs
from seqgen.corpus.pair_files import read_pair_texts
from seqgen.errors import ConfigError, CorpusError

PAIRS = ["one\x1f1", 'say "two"\x1f', "\x1f3", "four, five\x1f4\u20285"]
TABLE = 'one\t1\n\nsay "two"\t\r\n  \t \n\t3\nfour, five\t4\u20285'
WITH_HEADER = 'n\ttext\tlabel\n0\tone\t1\n\n0\tsay "two"\t\n0\t\t3\n0\tfour, five\t4\u20285\n'
CSV = 'label,text,n\r\n1,one,0\r\n\r\n,"say ""two""",0\r\n3,,0\r\n4\u20285,"four, five",0\r\n'
JSON = (
    '{"text": "one", "label": 1}\n\n{"label": null, "text": "say \\"two\\""}\n{"text": "", "label": "3"}\n'
    '{"text": "four, five", "label": "4\\u20285"}'
)
COLUMNS = ("text", "label")


@pytest.mark.parametrize(
    ("name", "content", "columns"),
    [
        ("a.tsv", TABLE, None),
        ("a", TABLE, None),
        ("a.txt.gz", TABLE, None),
        ("a.tsv", TABLE.replace("\r\n", "\n").replace("\n", "\r"), None),
        ("a.tsv", WITH_HEADER, COLUMNS),
        ("a.csv.zst", CSV, COLUMNS),
        ("a.jsonl", JSON, COLUMNS),
        ("-", JSON, COLUMNS),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_every_pair_comes_back_however_the_file_is_cut(
    name: str, content: str, columns: tuple[str, str] | None, size: int
) -> None:
    chunks = [content[start : start + size] for start in range(0, len(content), size)]
    assert list(read_pair_texts(chunks, name, columns=columns)) == PAIRS


def test_numbers_and_truth_values_of_json_are_read_as_they_stand_there() -> None:
    content = '{"text": "a", "label": 0}\n{"text": "b", "label": true}\n{"text": 1.5, "label": "c"}\n'
    assert list(read_pair_texts([content], "a.jsonl", columns=COLUMNS)) == ["a\x1f0", "b\x1ftrue", "1.5\x1fc"]


@pytest.mark.parametrize(
    ("name", "content", "columns", "words"),
    [
        (
            "story.txt",
            "It was a dark night.\n",
            None,
            "story.txt, line 1 has 1 column: pairs need 2, source TAB target; it is 'It was a dark night.'",
        ),
        (
            "a.tsv",
            "a\tb\n\nc\td\te\x07\n",
            None,
            r"a.tsv, line 3 has 3 columns: pairs need 2, source TAB target; it is",
        ),
        ("a.tsv", "a\tb\nc\td\te\x07\n", None, r"it is 'c\td\te\x07'"),
        ("a.tsv", "a" * 1000, None, "it is '" + "a" * 40 + "…'"),
        ("a.tsv", "text\tlabel\na\n", COLUMNS, "a.tsv, line 2 has 1 column: the first line has 2; it is 'a'"),
        ("a.csv", "text,label\na,b\nc,d,e\n", COLUMNS, "a.csv, line 3 has 3 columns: the first line has 2; it is"),
        ("a.csv", "text,target\na,b\n", COLUMNS, "a.csv has no column 'label': its first line has text, target"),
        ("a.csv", 'text,label\n"a', COLUMNS, "a.csv is not CSV in line 2"),
        (
            "a.csv",
            "a,b\n",
            None,
            "a.csv holds records: name the fields of source and target, as in --columns text,label",
        ),
        ("a.jsonl", "{}\n", None, "a.jsonl holds records: name the fields"),
        ("a.jsonl", '{"text": "a"}\n', COLUMNS, "a.jsonl, line 1 has no field 'label': it has text"),
        ("a.jsonl", '{"text": "a", "label": [1]}\n', COLUMNS, "the field 'label' is [1], which is not text"),
        ("a.txt", "a\tb\n", COLUMNS, "--columns reads one JSON object in each line"),
        ("a.tsv", "a\tb\na\x1fb\tc\n", None, "a.tsv, line 2 holds the control character U+001F"),
    ],
)
def test_what_is_no_pair_is_named_with_its_line(
    name: str, content: str, columns: tuple[str, str] | None, words: str
) -> None:
    with pytest.raises(CorpusError) as error:
        list(read_pair_texts([content], name, columns=columns))
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "columns"),
    [("a.tsv", "", None), ("a.tsv", "\n \n\t\n", None), ("a.csv", "text,label\n", COLUMNS), ("a.csv", "", COLUMNS)],
)
def test_a_file_without_a_pair_is_empty(
    tmp_path: Path, name: str, content: str, columns: tuple[str, str] | None
) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(CorpusError, match=f"{name} is empty: it holds no pair$"):
        open_corpus(CorpusConfig(paths=(str(path),), pairs=True, columns=columns))


def test_pairs_come_from_several_files_and_folders_compressed_or_not(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.tsv.gz").write_bytes(gzip.compress("one\t1".encode("utf-8-sig")))
    (folder / "b.txt").write_text("two\t2\n")
    (tmp_path / "c.tsv.bz2").write_bytes(bz2.compress(b"three\t3\n"))
    paths = (str(folder), str(tmp_path / "c.tsv.bz2"))
    corpus = open_corpus(CorpusConfig(paths=paths, pairs=True, valid_fraction=0))
    assert sorted(read_pairs(corpus.parts["train"])) == [("one", "1"), ("three", "3"), ("two", "2")]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pairs": True, "field": "text"}, "leave --field out"),
        ({"pairs": True, "documents": "line"}, "leave --documents out"),
        ({"documents": "pair"}, "leave --documents out"),
        ({"columns": COLUMNS}, "columns is .* left out unless the files hold --pairs"),
        ({"targets": "label"}, "targets is 'label': it must be left out unless the files hold --pairs"),
        ({"pairs": True, "columns": ("text",)}, "two names"),
        ({"pairs": True, "targets": "labels"}, "targets is 'labels': it must be one of label, text"),
    ],
)
def test_fields_of_pairs_and_of_texts_do_not_go_together(options: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        CorpusConfig(paths=("a",), **options)  # type: ignore[arg-type]


def test_standard_input_is_called_that() -> None:
    with pytest.raises(CorpusError, match=r"^standard input, line 1 has 1 column: pairs need 2"):
        list(read_pair_texts(["no tab\n"], "-"))


def test_quotes_of_a_table_between_tabs_belong_to_its_values() -> None:
    assert list(read_pair_texts(['x\ty\n"a\tb"\nsay "c"\td\n'], "a.tsv", columns=("x", "y"))) == [
        '"a\x1fb"',
        'say "c"\x1fd',
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_alike_however_they_end(end: str) -> None:
    text = end.join(["a\tb", "", "c\td", "wrong", "e\tf"])
    with pytest.raises(CorpusError, match=r"a\.tsv, line 4 has 1 column: "):
        list(read_pair_texts([text], "a.tsv"))


def test_a_short_row_is_skipped_only_if_all_of_it_is_blank() -> None:
    assert list(read_pair_texts(["x,y,z\n1,2,3\n , \n"], "a.csv", columns=("x", "y"))) == ["1\x1f2"]
    with pytest.raises(CorpusError, match="has 2 columns: the first line has 3"):
        list(read_pair_texts(["x,y,z\n1,\n"], "a.csv", columns=("x", "y")))
