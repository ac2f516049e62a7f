"""`seqgen export`: what it prints, and how it is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from seqgen.cli import app
from seqgen.config import ExportConfig
from seqgen.export import EXPORTERS
from seqgen.run import SavedModel
from tests.cli.one_line import assert_one_line


def write_page(saved: SavedModel, path: Path, config: ExportConfig) -> tuple[str, ...]:
    path.write_text("<p>", encoding="utf-8")
    return ("it is small",)


@pytest.fixture(autouse=True)
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A simple format in the place of html; the working directory is empty."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(EXPORTERS, "html", replace(EXPORTERS["html"], write=write_page))


def export(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["export", *map(str, arguments)])


def test_the_notes_go_to_stderr_and_the_result_to_stdout(run_folder: Path) -> None:
    result = export(run_folder, "--to", "html")
    assert (result.exit_code, result.stdout) == (0, "wrote tiny.html (3 bytes)\n")
    assert result.stderr.splitlines()[1:] == ["it is small"]  # after the line that names the model


def test_json_has_path_size_and_notes(run_folder: Path) -> None:
    result = export(run_folder, "--to", "html", "--out", "page", "--json")
    assert json.loads(result.stdout) == {"path": "page", "n_bytes": 3, "notes": ["it is small"]}


def test_an_unknown_format_is_one_line_that_names_the_formats(run_folder: Path) -> None:
    result = export(run_folder, "--to", "pdf")
    assert_one_line(result, "transformers")


def test_what_exists_stays_as_it_is(run_folder: Path) -> None:
    Path("tiny.html").write_text("mine", encoding="utf-8")
    assert_one_line(export(run_folder, "--to", "html"), "tiny.html exists: name another place with --out, or delete it")
    assert Path("tiny.html").read_text(encoding="utf-8") == "mine"
