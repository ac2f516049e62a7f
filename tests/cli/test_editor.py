"""The editor of `seqgen write` without a terminal: suggestions, versions and the status line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from seqgen.cli.write.editor import Editor
from seqgen.cli.write.text_file import TextFile
from seqgen.config import SamplingConfig
from seqgen.run import open_model
from seqgen.sampling import CoWriter
from tests.tiny import TEXT


def test_suggestions_obey_the_options(run_folder: Path, tmp_path: Path) -> None:
    co_writer, text_file = CoWriter(open_model(run_folder)), TextFile(tmp_path / "tale.txt")
    config = SamplingConfig(match="[a-z]{5} [a-z]{4}[.]", ban=("th",))
    editor = Editor(co_writer, text_file, config=config, length=30)
    for _ in range(5):
        editor.ask_for_another()
        assert re.fullmatch("[a-z]{5} [a-z]{4}[.]", editor.suggestion)
        assert "th" not in editor.suggestion


def test_constraints_that_leave_nothing_are_shown_as_a_message(run_folder: Path, tmp_path: Path) -> None:
    co_writer, text_file = CoWriter(open_model(run_folder)), TextFile(tmp_path / "tale.txt")
    config = SamplingConfig(ban=tuple(character for character in TEXT if character))
    editor = Editor(co_writer, text_file, config=config, length=30)
    assert editor.suggestion == ""
    assert "no text can begin here" in " ".join(editor.status(80).split())
    assert max(map(len, editor.status(80).splitlines())) <= 80


def test_the_model_is_asked_once_however_many_keys_came(
    run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    co_writer, asked = CoWriter(open_model(run_folder)), list[str]()

    def odds(_: CoWriter, text: str, n: int) -> list[tuple[str, float]]:
        asked.append(text)
        return [("a", 1.0)] * n

    monkeypatch.setattr(CoWriter, "odds", odds)
    editor = Editor(co_writer, TextFile(tmp_path / "tale.txt"), config=SamplingConfig(), length=5)
    for character in "Mina":
        editor.buffer.insert_text(character)
    assert asked == []
    assert len(editor.suggestion) == 5
    assert editor.odds and editor.status(80)
    assert asked == ["Mina"]


def test_an_empty_text_is_no_version(run_folder: Path, tmp_path: Path) -> None:
    text_file = TextFile(tmp_path / "tale.txt")
    editor = Editor(CoWriter(open_model(run_folder)), text_file, config=SamplingConfig(), length=5)
    editor.branch()
    assert editor.status(40).startswith(" no text to keep")
    editor.show_next_version()
    assert editor.status(40).startswith(" no versions yet: ^B keeps one")
    editor.buffer.insert_text("Mina")
    editor.save()
    editor.branch()
    editor.buffer.text = ""
    editor.show_next_version()
    assert editor.status(40).startswith(" version 1 of 1")
    editor.save()
    assert editor.may_leave()


def test_a_text_that_is_as_its_file_has_it_counts_as_saved(run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "tale.txt").write_text("Mina", encoding="utf-8")
    text_file = TextFile(tmp_path / "tale.txt")
    editor = Editor(CoWriter(open_model(run_folder)), text_file, config=SamplingConfig(), length=5)
    editor.buffer.insert_text("!")
    assert not editor.may_leave()
    editor.buffer.delete_before_cursor()
    assert editor.status(40).startswith(" saved")
    assert editor.may_leave()


def test_the_status_leaves_out_what_has_no_room_and_cuts_no_word(run_folder: Path, tmp_path: Path) -> None:
    text_file = TextFile(tmp_path / ("deep" * 20) / "tale.txt")
    editor = Editor(CoWriter(open_model(run_folder)), text_file, config=SamplingConfig(), length=5)
    assert editor.status(200) == f" new  temperature 0.8  0 characters  {text_file.path}"
    assert editor.status(40) == " new  temperature 0.8  tale.txt"
    assert editor.status(12) == " new"
