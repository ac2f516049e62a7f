"""A file of any bytes is a text that comes back whole, or it is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqgen.config import CorpusConfig
from seqgen.corpus import open_corpus
from seqgen.corpus.line_ends import unify_line_ends
from seqgen.errors import CorpusError
from tests.corpus.parts import texts_of

PIECES = [
    b"Mina sat by the river.\n", b"\n\n", b"\r\n", b"\r", b" ", b"\t", b"\0",
    b"\xe2\x80\xa8", b"\xc3\xa9", b"\xc3", b"\xed\xa0\x80", b"\xf0\x9f\x99\x82", b"e\xcc\x81", b"\x1b[31m", b"\x1a",
    b"a,b\n", b'{"text": "a"}\n', b"%PDF-1.7", b"PK\3\4", b"\x1f\x8b\x08", b"\x85", b"\x7f", "\u0663\u202e".encode(),
]  # fmt: skip
MARKS = [b"", b"\xef\xbb\xbf", b"\xff\xfe"]
PARTS = st.lists(st.sampled_from(PIECES) | st.binary(max_size=8), max_size=12).map(b"".join)
FILES = st.tuples(st.sampled_from(MARKS), PARTS).map(b"".join)
ENCODINGS = ["utf-8", "latin-1", "utf-16", "cp1252", "utf-7", "shift_jis"]
some = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def as_read(data: bytes, encoding: str) -> str:
    """A text as it is read: with newlines, and without the mark of its encoding."""
    text = data.decode(encoding)
    return unify_line_ends(text.removeprefix("\ufeff") if encoding == "utf-8" else text)


@some
@given(
    data=FILES, encoding=st.sampled_from(ENCODINGS), documents=st.sampled_from([None, "line", "blank-line", "re:a|$"])
)
def test_all_characters_of_a_file_are_read_or_it_is_refused_in_one_line(
    tmp_path: Path, data: bytes, encoding: str, documents: str | None
) -> None:
    path = tmp_path / "text"
    path.write_bytes(data)
    config = CorpusConfig(paths=(str(path),), encoding=encoding, documents=documents, valid_fraction=0.3)
    try:
        texts = texts_of(open_corpus(config))
    except CorpusError as error:
        assert "\n" not in str(error)
        return
    if documents is None:
        assert "".join(texts.values()) == as_read(data, encoding)
    assert texts["train"]


@pytest.mark.parametrize("name", ["text.csv", "text.jsonl", "text.tsv", "text.gz", "text.zst", "text.xz", "text.bz2"])
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=FILES)
def test_a_file_that_claims_to_be_another_kind_is_read_or_refused_in_one_line(
    name: str, tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    is_table = name.endswith((".csv", ".jsonl"))
    config = CorpusConfig(
        paths=(str(path),), field="text" if is_table else None, documents="record" if is_table else None,
        pairs=name.endswith(".tsv"), valid_fraction=0.3,
    )  # fmt: skip
    try:
        open_corpus(config)
    except CorpusError as error:
        assert "\n" not in str(error)
