"""One hundred and fifty poems are one hundred and fifty documents, however their lines end."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from seqgen.config import CorpusConfig, ReadingConfig
from seqgen.corpus import CorpusRecord, open_corpus, reopen_part
from seqgen.corpus.boundaries import find_boundaries, mark_boundaries
from seqgen.corpus.documents import Division, median_length
from seqgen.corpus.stored_text import store_text
from seqgen.errors import CorpusError
from seqgen.tokenizers import MARK
from tests.corpus.parts import open_text, text_of, texts_of, write

N_POEMS = 150
POEMS = [f"Poem {number}\nfirst line, ä\n  second line" for number in range(N_POEMS)]


def alternate(text: str) -> str:
    """The text with LF and CRLF by turns."""
    lines = text.split("\n")
    return "".join(line + ("\n" if number % 2 else "\r\n") for number, line in enumerate(lines))


FORMS = {
    "LF": "\n\n".join(POEMS),
    "CRLF": "\n\n".join(POEMS).replace("\n", "\r\n"),
    "CR": "\n\n".join(POEMS).replace("\n", "\r"),
    "U+2028": "\n\n".join(POEMS).replace("\n", "\u2028"),
    "first LF, rest CRLF": "\n\n".join(POEMS).replace("\n", "\r\n").replace("\r\n", "\n", 1),
    "first CRLF, rest LF": "\n\n".join(POEMS).replace("\n", "\r\n", 1),
    "by turns": alternate("\n\n".join(POEMS)),
    "spaces": "\n   \n".join(POEMS),
    "tabs": "\n\t\n".join(POEMS),
    "no-break spaces": "\n\u00a0\n".join(POEMS),
    "form feeds": "\n\f\n".join(POEMS),
    "several blank lines": "\n\n \n\n".join(POEMS),
    "blank lines around": "\n \n" + "\n\n".join(POEMS) + "\n\n\n",
    "a last newline": "\n\n".join(POEMS) + "\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_blank_line_separates_documents(tmp_path: Path, form: str) -> None:
    corpus = open_text(tmp_path, FORMS[form], documents="blank-line")
    found = [document for text in texts_of(corpus).values() for document in text.split(MARK)[:-1]]
    assert sorted(found) == sorted(POEMS)
    assert f"{N_POEMS} documents, median length " in " ".join(corpus.notes)


@pytest.mark.parametrize("form", ["CRLF", "CR", "U+2028", "by turns"])
def test_documents_are_found_where_line_ends_are_kept(tmp_path: Path, form: str) -> None:
    corpus = open_text(tmp_path, FORMS[form], documents="blank-line", line_ends="keep", valid_fraction=0.0)
    assert len(text_of(corpus.parts["train"]).split(MARK)) == N_POEMS + 1


def test_the_separator_is_the_line_end_that_a_text_keeps_most(tmp_path: Path) -> None:
    corpus = open_text(tmp_path, "a\nb\r\n\r\nc\r\n", documents="blank-line", line_ends="keep")
    assert corpus.separator == "\r\n\r\n"


def test_empty_lines_are_no_documents(tmp_path: Path) -> None:
    corpus = open_text(tmp_path, "Ann\n\nBob\n \n\nCid\n", documents="line", valid_fraction=0.0)
    assert sorted(text_of(corpus.parts["train"]).split(MARK)) == ["", "Ann", "Bob", "Cid"]


def test_a_line_that_no_text_has_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"'page': give line, blank-line, file, a text that .*re:REGEX"):
        open_text(tmp_path, "one\n\ntwo", documents="page")


@pytest.mark.parametrize("documents", ["line", "blank-line", "***", "re:^\\*"])
def test_a_last_line_of_blanks_without_a_line_end_is_no_document(tmp_path: Path, documents: str) -> None:
    corpus = open_text(tmp_path, "one\n***\n\n \u00a0", documents=documents, valid_fraction=0.0)
    assert " \u00a0" not in text_of(corpus.parts["train"])


def test_an_empty_file_is_a_document_by_the_earlier_rules_only(tmp_path: Path) -> None:
    files = [write(tmp_path / str(number), text) for number, text in enumerate(["one", "", "two"])]
    text = store_text(files, ReadingConfig(joins_files=False))
    for rules, spans in ((1, [[0, 3], [3, 3], [3, 6]]), (2, [[0, 3], [3, 6]])):
        assert Division(documents="file", rules=rules).ordered_spans(text).tolist() == spans


def test_a_prompt_of_files_has_no_boundaries() -> None:
    assert Division(documents="file").mark("one\nfile\ntwo") == "one\nfile\ntwo"


def test_a_text_of_blank_lines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no document: every line of it is blank"):
        open_text(tmp_path, "\n \n\t\n", documents="blank-line")


def test_one_document_is_said_to_be_one(tmp_path: Path) -> None:
    corpus = open_text(tmp_path, "one\ntwo\n", documents="blank-line")
    assert "the text is 1 document" in corpus.notes[0]
    assert "valid" not in corpus.parts


@pytest.mark.parametrize("text", ["ab\nabcd\nabcdef\n", "äb\nabçd\nabćdéf\n", "語" * 2 + "\n" + "語" * 4 + "\nlonger"])
def test_the_median_length_is_in_characters(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.corpus.documents._BLOCK_BYTES", 5)
    stored = store_text([write(tmp_path / "text", text)])
    assert median_length(stored, Division(documents="line", separator="\n").spans(stored)) == 4


def test_a_prompt_is_divided_as_the_text_was() -> None:
    assert mark_boundaries("one\n\n\n \ntwo\n", "blank-line") == f"one{MARK}two\n"
    assert mark_boundaries("one\n", "blank-line") == "one\n"
    assert mark_boundaries("one\n\n", "blank-line") == f"one{MARK}"
    assert mark_boundaries("one\n***\n\n", "***") == f"one{MARK}"
    assert mark_boundaries("one \udce9\n\ntwo", "blank-line") == f"one \udce9{MARK}two"


@pytest.mark.parametrize("documents", ["***", "blank-line", "line", r"re:^\*", r"starts:^\*"])
def test_a_byte_of_a_prompt_that_is_not_utf8_is_read_like_a_letter(documents: str) -> None:
    for parts in itertools.product(["one", "\n", "\udcff", " ", "***"], repeat=4):
        text = "".join(parts)
        marked = mark_boundaries(text, documents)
        assert marked.replace("\udcff", "q") == mark_boundaries(text.replace("\udcff", "q"), documents)


def test_a_line_with_anything_before_the_separator_separates_nothing_however_wide_the_gap() -> None:
    for gap in (" " * 300, "\u3000" * 100):
        assert mark_boundaries(f"one{gap}***\ntwo", "***") == f"one{gap}***\ntwo"
        assert mark_boundaries(f"one\n{gap}***\ntwo", "***") == f"one{MARK}two"


def test_a_line_that_is_too_long_to_be_searched_separates_nothing() -> None:
    long = "a" * 5000
    assert mark_boundaries(f"one\n{long}\n\ntwo", "re:^$") == f"one\n{long}\n{MARK}two"
    assert mark_boundaries(f"one\n{long}\na\ntwo", "re:^a") == f"one\n{long}\n{MARK}two"


def test_no_empty_line_follows_the_last_line_end() -> None:
    assert mark_boundaries("one\n", "re:^$") == "one\n"
    assert mark_boundaries("one\n\n", "re:^$") == f"one\n{MARK}"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\u2029"])
def test_lines_end_in_every_form(end: str) -> None:
    assert mark_boundaries(f"{end}one{end}{end}two{end}", "blank-line") == f"one{MARK}two{end}"
    assert mark_boundaries("one\r\u2028\u2029two", "blank-line") == f"one{MARK}two"


def test_a_separator_before_the_first_document_separates_nothing() -> None:
    assert mark_boundaries("***\none\n***\ntwo", "***") == f"one{MARK}two"


def test_a_character_that_ends_in_the_byte_of_a_line_separator_begins_no_line() -> None:
    assert list(find_boundaries("aè***\nb\n***\nc".encode(), "***")) == [(8, 13)]


OLD_RECORD = {
    "paths": ["text"],
    "encoding": "utf-8",
    "documents": "blank-line",
    "valid_fraction": 0.0,
    "test_fraction": 0.0,
    "valid_paths": [],
    "test_paths": [],
    "split_seed": 0,
}
"""What runs recorded before they said how line ends and documents were read."""


@pytest.mark.parametrize(
    ("text", "separator", "expected"),
    [
        ("a\n\n\nb\n", "\n\n", ["\nb\n", "a"]),
        ("a\r\nb\r\n\r\nc\r\n", "\r\n\r\n", ["a\r\nb", "c\r\n"]),
        ("a\n \nb\n\nc", "\n\n", ["a\n \nb", "c"]),
    ],
)
def test_the_text_of_an_old_run_is_read_and_divided_as_it_was(
    tmp_path: Path, text: str, separator: str, expected: list[str]
) -> None:
    path = write(tmp_path / "text", text)
    kept = open_corpus(CorpusConfig(paths=(path,), line_ends="keep")).parts["train"].text
    part = {"sha256": kept.sha256, "start": 0, "end": len(expected)}
    record = CorpusRecord.from_json({**OLD_RECORD, "paths": [path], "separator": separator, "parts": {"train": part}})
    assert (record.config.line_ends, record.config.rules) == ("keep", 1)
    assert sorted(text_of(reopen_part(record, "train")).split(MARK)[:-1]) == expected
    kept.path.unlink()
    assert sorted(text_of(reopen_part(record, "train")).split(MARK)[:-1]) == expected
    assert CorpusRecord.from_json(record.to_json()) == record
