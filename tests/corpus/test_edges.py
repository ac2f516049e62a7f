"""Texts at the edge of what can be read: folders and caches that cannot be used, long blanks, very long pairs."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqgen.config import CorpusConfig
from seqgen.corpus import Pair, PairBatches
from seqgen.corpus.boundaries import trim_end
from seqgen.corpus.cache import cache_folder
from seqgen.corpus.documents import Division
from seqgen.corpus.file_kinds import kind_of_file
from seqgen.corpus.folders import hinting_at_exclude, list_files
from seqgen.corpus.overlap import PassageIndex
from seqgen.corpus.record import PartRecord
from seqgen.corpus.sources import read_text
from seqgen.corpus.stored_text import store_text
from seqgen.corpus.summary import summarise_text
from seqgen.errors import ConfigError, CorpusError
from seqgen.sampling.constraints.substring_index import SubstringIndex
from seqgen.tokenizers import MARK
from tests.corpus.pairs import REVERSALS, encoded
from tests.corpus.parts import open_text, text_of, write


@contextlib.contextmanager
def full_disk(*_: Any, **__: Any) -> Iterator[Any]:
    raise OSError(28, "No space left on device")
    yield


def refuse(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the system list no files of a folder. Permissions do not stop root."""
    scandir = os.scandir

    def refusing(path: Any) -> Any:
        if Path(path) == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)


def test_an_empty_path_is_refused() -> None:
    with pytest.raises(CorpusError, match="a path is empty"):
        list_files([""])


def test_a_folder_that_cannot_be_listed_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir()
    write(tmp_path / "a.txt", "one")
    refuse(tmp_path / "closed", monkeypatch)
    listed = list_files([str(tmp_path)])
    assert listed.files == [str(tmp_path / "a.txt")]
    assert "closed (a folder that cannot be read)" in listed.notes[1]


def test_a_given_folder_that_cannot_be_listed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(tmp_path, monkeypatch)
    with pytest.raises(CorpusError, match="cannot be read: Permission denied"):
        list_files([str(tmp_path)])


def test_only_a_fault_of_the_file_itself_is_answered_with_leaving_it_out() -> None:
    with pytest.raises(CorpusError, match=r"^b\.txt is not utf-8$"), hinting_at_exclude({"a.txt"}):
        raise CorpusError("b.txt is not utf-8")


@pytest.mark.parametrize(
    ("name", "data"), [("a.gz", gzip.compress(b"one" * 100, mtime=0)[:-12]), ("a.bz2", b"BZh91AY&SY and no more of it")]
)
def test_what_cannot_be_unpacked_is_left_to_reading(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    assert kind_of_file(tmp_path / name, encoding="utf-8") is None


def test_a_file_that_the_system_does_not_open_is_named_so(tmp_path: Path) -> None:
    assert kind_of_file(tmp_path / "nothing", encoding="utf-8") == "cannot be read: No such file or directory"


@pytest.mark.parametrize("name", [".", "nothing.txt", "nothing.bz2"])
def test_what_the_system_does_not_read_is_not_taken_for_a_damaged_file(name: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be read: "):
        list(read_text(str(tmp_path / name)))


@pytest.mark.parametrize("stdin", [None, io.StringIO()], ids=["closed", "not of the system"])
def test_standard_input_that_is_none_is_one_line(stdin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", stdin)
    with pytest.raises(CorpusError, match=r"it was closed$|^- cannot be read: fileno$"):
        list(read_text("-"))


def test_a_byte_order_mark_counts_where_a_byte_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfab\xff")
    with pytest.raises(CorpusError, match="at byte 5 "):
        list(read_text(str(tmp_path / "a"), "utf-8-sig"))


def test_a_file_without_characters_is_not_measured(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="nothing to measure"):
        summarise_text(CorpusConfig(paths=(write(tmp_path / "empty", ""),)))


def test_a_text_that_became_shorter_in_the_cache_is_refused(tmp_path: Path) -> None:
    stored = store_text([write(tmp_path / "a", "one two")])
    stored.path.write_bytes(b"one")
    with pytest.raises(CorpusError, match="has become shorter"):
        list(stored.chunks())


@pytest.mark.parametrize("name", ["longest_source", "longest_target"])
@pytest.mark.parametrize("length", [0, -1, True, 2.0, "7"])
def test_a_record_of_a_length_that_no_pair_has_is_refused(name: str, length: Any) -> None:
    with pytest.raises(ConfigError, match="1 or more"):
        PartRecord(sha256="0" * 64, start=0, end=1, **{name: length})


@pytest.mark.parametrize("value", [None, ""])
def test_without_a_folder_of_its_own_the_cache_is_where_the_system_keeps_caches(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name, **_: Path("caches") / name)
    monkeypatch.delenv("SEQGEN_CACHE") if value is None else monkeypatch.setenv("SEQGEN_CACHE", value)
    assert cache_folder() == Path("caches") / "seqgen"


def test_an_index_that_cannot_be_kept_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = open_text(tmp_path, "one two " * 20).parts["train"]
    monkeypatch.setattr("seqgen.corpus.overlap.written_whole", full_disk)
    with pytest.raises(CorpusError, match=r"index of the text cannot be kept in .*: No space left"):
        PassageIndex.of_part(part)
    monkeypatch.setattr("seqgen.sampling.constraints.substring_index.written_whole", full_disk)
    with pytest.raises(CorpusError, match=r"index of the text cannot be kept in .*: No space left"):
        SubstringIndex.of_part(part, 5)


def test_blank_lines_of_any_number_are_no_part_of_a_document() -> None:
    data = b"one" + b"\n" * 5000
    assert trim_end(data, 0, len(data)) == 3


def test_documents_of_many_chunks_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = open_text(tmp_path, "\n".join(f"line {number}" for number in range(20)), documents="line").parts["train"]
    whole = text_of(part)
    monkeypatch.setattr("seqgen.corpus.parts.CHUNK_BYTES", 10)
    assert len(list(part.chunks())) > 1
    assert text_of(part) == whole
    assert whole.count(MARK) == 18
    assert list(replace(part, end=part.start).chunks()) == []


def test_earlier_rules_saw_no_document_after_the_last_separator(tmp_path: Path) -> None:
    text = store_text([write(tmp_path / "a", "one\n\ntwo\n\n")])
    division = Division(documents="blank-line", separator="\n\n", rules=1)
    assert division.ordered_spans(text).tolist() == [[0, 3], [5, 8]]


def test_a_pair_that_is_too_long_for_a_batch_gets_one_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.corpus.pair_batches._MOST_TRAINED_IDS", 8)
    pairs = encoded([*REVERSALS, Pair("ab" * 200, "ba" * 200)])
    for n_streams in (1, 3):
        batches = PairBatches(pairs, n_streams=n_streams, window=500)
        rows = [row for number in range(len(batches)) for row in batches.rows(number).tolist()]
        assert sorted(rows) == list(range(pairs.n_pairs))
        assert np.array_equal(batches.rows(len(batches) - 1), [pairs.n_pairs - 1])
