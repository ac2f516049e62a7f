"""The editor of `seqgen write` when its file cannot be written."""

from __future__ import annotations

from pathlib import Path

from prompt_toolkit.layout.processors import TransformationInput

from seqgen.cli.write.editor import Editor
from seqgen.cli.write.rows import fitting
from seqgen.cli.write.text_file import TextFile
from seqgen.cli.write.wrapped_line import BreakBetweenWords
from seqgen.config import SamplingConfig
from seqgen.run import open_model
from seqgen.sampling import CoWriter


def test_a_text_that_cannot_be_saved_says_so_and_cannot_be_rescued_there(run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    text_file = TextFile(tmp_path / "file" / "tale.txt")
    editor = Editor(CoWriter(open_model(run_folder)), text_file, config=SamplingConfig(), length=5)
    editor.buffer.text = "once"
    editor.save()
    assert editor.status(200).startswith(" not saved: ")
    editor.rescue()
    assert editor.farewell == f"left without saving to {text_file.path}"
    assert text_file.rescue("once") is None


def test_a_saved_text_is_not_rescued(run_folder: Path, tmp_path: Path) -> None:
    editor = Editor(
        CoWriter(open_model(run_folder)), TextFile(tmp_path / "tale.txt"), config=SamplingConfig(), length=5
    )
    editor.buffer.text = "once"
    editor.save()
    editor.rescue()
    assert [path.name for path in tmp_path.iterdir()] == ["tale.txt"]


def test_the_same_version_is_kept_once(run_folder: Path, tmp_path: Path) -> None:
    editor = Editor(
        CoWriter(open_model(run_folder)), TextFile(tmp_path / "tale.txt"), config=SamplingConfig(), length=5
    )
    editor.buffer.text = "once"
    for _ in range(3):
        editor.show_next_version()
    assert "version 1 of 1" in editor.status(200)


def test_what_has_no_room_in_a_row_is_left_out() -> None:
    assert [fitting(["^S save", "^Q quit"], width) for width in (6, 7, 14, 15)] == [0, 1, 1, 2]


def test_a_screen_of_one_column_shows_the_line_as_it_is() -> None:
    fragments = [("", "a long word")]
    given = TransformationInput(None, None, 0, lambda column: column, fragments, 1, 1)  # type: ignore[arg-type]
    assert BreakBetweenWords().apply_transformation(given).fragments == fragments
