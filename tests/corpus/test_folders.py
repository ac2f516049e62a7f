"""What of a folder is read and what is left out, and that both are said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seqgen.config import CorpusConfig, ReadingConfig
from seqgen.corpus import open_corpus
from seqgen.corpus.folders import is_read_once, list_files
from seqgen.corpus.stored_text import store_text
from seqgen.errors import CorpusError

posix = pytest.mark.skipif(os.name != "posix", reason="links and pipes")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two texts and everything that is no text."""
    folder = tmp_path / "texts"
    (folder / "inner").mkdir(parents=True)
    files = {
        "a.txt": b"one",
        "inner/b.md": b"two\n",
        "desktop.ini": b"[.ShellClassInfo]",
        "Thumbs.db": b"thumbs",
        ".hidden": b"hidden",
        "picture.png": PNG,
        "data.bin": b"text\0text",
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_bytes(b"[core]")
    return folder


def read(folder: Path, **options: object) -> tuple[list[str], str]:
    listed = list_files([str(folder)], ReadingConfig(**options))  # type: ignore[arg-type]
    return [Path(name).relative_to(folder).as_posix() for name in listed.files], " ".join(listed.notes)


def test_what_is_no_text_is_left_out_and_named(folder: Path) -> None:
    files, notes = read(folder)
    assert files == ["a.txt", "inner/b.md"]
    assert "2 files read (a.txt, inner/b.md)" in notes
    assert "6 left out" in notes
    for name in (".git (hidden)", ".hidden (hidden)", "Thumbs.db (of the operating system)", "data.bin (binary)"):
        assert name in notes


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"include": ("*.md",)}, ["inner/b.md"]),
        ({"include": ("*.txt", "inner/*")}, ["a.txt", "inner/b.md"]),
        ({"include": ("b.md",)}, ["inner/b.md"]),
        ({"exclude": ("inner/*",)}, ["a.txt"]),
        ({"include": ("*.txt", "*.md"), "exclude": ("a.*",)}, ["inner/b.md"]),
        ({"max_file_bytes": 3}, ["a.txt"]),
    ],
)
def test_patterns_and_sizes_choose_files(folder: Path, options: dict[str, object], expected: list[str]) -> None:
    assert read(folder, **options)[0] == expected


@pytest.mark.parametrize(("most", "named"), [(1, "a.txt and 1 more"), (2, "a.txt, inner/b.md")])
def test_a_note_names_the_first_files_and_counts_the_others(
    most: int, named: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqgen.corpus.folders._MAX_NAMED", most)
    assert f"2 files read ({named})" in read(folder)[1]


def test_a_file_that_is_named_is_read_whatever_the_patterns(folder: Path) -> None:
    named = str(folder / "a.txt")
    assert list_files([named], ReadingConfig(include=("*.md",), max_file_bytes=1)).files == [named]


def test_a_dash_is_standard_input_even_beside_a_folder_of_that_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "-").mkdir()
    monkeypatch.chdir(folder)
    assert list_files(["-"]).files == ["-"]


def test_a_folder_of_which_nothing_is_left_says_why(folder: Path) -> None:
    with pytest.raises(CorpusError, match=r"no file to read; left out: .*a\.txt \(not included\)"):
        read(folder, include=("*.rst",))


@posix
def test_a_pipe_is_read_once_and_only_if_it_is_named(folder: Path) -> None:
    pipe = str(folder / "pipe")
    os.mkfifo(pipe)
    assert list_files([pipe]).files == [pipe]
    assert "pipe (neither a file nor a folder)" in read(folder)[1]
    others = [str(folder), str(folder / "a.txt"), str(folder / "gone"), "n" * 300]
    assert [is_read_once(name) for name in (pipe, "-", *others)] == [True, True, False, False, False, False]


@posix
def test_links_to_folders_and_broken_links_are_said(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "c.txt").write_bytes(b"three")
    (folder / "inner" / "link").symlink_to(tmp_path / "other")
    (folder / "gone").symlink_to(tmp_path / "nowhere")
    (folder / "linked.txt").symlink_to(tmp_path / "other" / "c.txt")
    files, notes = read(folder, exclude=("desktop.ini", "*.db", "*.png", "*.bin", ".*"))
    assert files == ["a.txt", "inner/b.md", "linked.txt"]
    left_out = list_files([str(folder)], ReadingConfig()).notes[1]
    assert "gone (a broken link)" in left_out
    assert "inner/link (a link to a folder)" in left_out
    assert "8 left out" in notes


def test_the_files_of_a_folder_are_joined_by_newlines(folder: Path) -> None:
    corpus = open_corpus(CorpusConfig(paths=(str(folder),), valid_fraction=0.0))
    assert "".join(corpus.parts["train"].chunks()) == "one\ntwo\n"
    assert "2 files read" in corpus.notes[0]


def test_files_that_are_documents_stay_as_they_are(folder: Path) -> None:
    (folder / "inner" / "c").write_bytes(b"three")
    corpus = open_corpus(CorpusConfig(paths=(str(folder),), documents="file", valid_fraction=0.0))
    assert sorted("".join(corpus.parts["train"].chunks()).split("\udc00")) == ["", "one", "three", "two\n"]


def test_an_old_run_reads_all_visible_files_and_joins_nothing(folder: Path) -> None:
    (folder / "data.bin").unlink()
    (folder / "picture.png").unlink()
    corpus = open_corpus(CorpusConfig(paths=(str(folder),), valid_fraction=0.0, rules=1, line_ends="keep"))
    assert "".join(corpus.parts["train"].chunks()) == "thumbsone[.ShellClassInfo]two\n"
    assert corpus.notes == ()


def test_a_file_of_a_folder_that_cannot_be_read_may_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "whole.txt").write_text("Mina", encoding="utf-8")
    (tmp_path / "broken one.txt").write_bytes(b"Mina sat \xff\xfe\x80 down.")
    with pytest.raises(CorpusError, match=r"or leave it out: --exclude 'broken one\.txt'$"):
        store_text([str(tmp_path)])
    with pytest.raises(CorpusError) as refusal:
        store_text([str(tmp_path / "broken one.txt")])
    assert "--exclude" not in str(refusal.value)
