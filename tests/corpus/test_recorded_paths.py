"""The paths in a record are those of a stranger: they make seqgen neither hang, nor keep or show another file."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seqgen.corpus import CorpusRecord, describe_changes, reopen_part
from seqgen.errors import ConfigError, CorpusError
from tests.corpus.parts import open_text, write

TEXT = "".join(f"line {number} é\n" for number in range(50))
SECRET = "root:x:0:0:the secret\nof a file\twith three\tcolumns\n"

posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no FIFOs and devices")


@pytest.fixture
def forged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., CorpusRecord]:
    """A function that makes a record whose corpus is not in the cache and has other fields."""
    record = open_text(tmp_path, TEXT).record()
    monkeypatch.setenv("SEQGEN_CACHE", str(tmp_path / "empty cache"))

    def forge(**changes: Any) -> CorpusRecord:
        made = replace(record, config=replace(record.config, **changes))
        return CorpusRecord.from_json(json.loads(json.dumps(made.to_json())))

    return forge


@posix
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize("name", ["/dev/zero", "/dev/stdin", "/proc/self/environ", "/proc", "/sys/kernel", "/", "fifo"])
def test_devices_pipes_and_views_of_the_system_are_not_opened(
    name: str, encoding: str, tmp_path: Path, forged: Callable[..., CorpusRecord]
) -> None:
    os.mkfifo(tmp_path / "fifo")
    record = forged(paths=(str(tmp_path / name),), encoding=encoding)
    with pytest.raises(CorpusError, match=r"(is not a regular file, and .*|does not exist): give .*--corpus"):
        reopen_part(record, "train")
    assert list(describe_changes(record)) == []


@posix
def test_a_folder_of_pipes_and_links_to_devices_has_no_file(
    tmp_path: Path, forged: Callable[..., CorpusRecord]
) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "folder" / "a.txt")
    (tmp_path / "folder" / "b.txt").symlink_to("/dev/zero")
    with pytest.raises(CorpusError, match="cannot be read as it was read for training"):
        reopen_part(forged(paths=(str(tmp_path / "folder"),), encoding="latin-1"), "train")


@posix
def test_a_link_into_the_system_is_not_opened_to_see_what_it_is(
    tmp_path: Path, forged: Callable[..., CorpusRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some of these files are waited for without end."""
    for name in ("system", "folder"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "a.txt", TEXT)
    (tmp_path / "folder" / "b.txt").symlink_to(tmp_path / "system" / "a.txt")
    monkeypatch.setattr("seqgen.corpus.recorded_paths._SYSTEM_FOLDERS", (tmp_path / "system",))
    opened: list[str] = []
    monkeypatch.setattr("seqgen.corpus.folders.kind_of_file", lambda path, **_: opened.append(path.name))
    with pytest.raises(CorpusError, match="cannot be read as it was read for training"):
        reopen_part(forged(paths=(str(tmp_path / "folder"),)), "train")
    assert "b.txt" not in opened


@pytest.mark.parametrize(
    "changes",
    [{}, {"pairs": True, "documents": "pair"}, {"field": "text", "documents": "record"}, {"encoding": "utf-16"}],
    ids=str,
)
def test_another_file_is_neither_shown_nor_kept(
    changes: dict[str, Any], tmp_path: Path, forged: Callable[..., CorpusRecord]
) -> None:
    path = write(tmp_path / "secret.tsv", SECRET)
    with pytest.raises(CorpusError) as caught:
        reopen_part(forged(paths=(path,), **changes), "train")
    assert not any(word in str(caught.value) for word in ("root:x", "secret\\n", "columns", "line 1"))
    kept = tmp_path / "empty cache"
    assert not [file for file in kept.rglob("*") if file.is_file()]


def test_the_text_itself_is_found_at_its_path(forged: Callable[..., CorpusRecord]) -> None:
    assert "".join(reopen_part(forged(), "train").chunks()) == TEXT[: len(TEXT) * 9 // 10]


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (5, 4), (0, -1)])
def test_a_part_that_ends_before_it_begins_is_refused(
    start: int, end: int, forged: Callable[..., CorpusRecord]
) -> None:
    values = forged().to_json()
    values["parts"]["train"] |= {"start": start, "end": end}
    with pytest.raises(ConfigError, match=f"start is {start}"):
        CorpusRecord.from_json(values)


@pytest.mark.parametrize(("start", "end"), [(0, 8), (8, 20), (0, 10**9), (10**9, 10**9)])
def test_a_part_that_begins_or_ends_within_a_character_is_refused(
    start: int, end: int, forged: Callable[..., CorpusRecord]
) -> None:
    record = forged()
    parts = {**record.parts, "train": replace(record.parts["train"], start=start, end=end)}
    with pytest.raises(CorpusError, match="within a character"):
        reopen_part(replace(record, parts=parts), "train")
