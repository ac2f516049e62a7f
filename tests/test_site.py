"""The site that is built from the documentation: it stands on its own, and has what its pages leave to the code."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from seqgen.cli import app
from tests.pages import ROOT

TOP: Any = typer.main.get_command(app)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    yield folder


def test_the_site_loads_nothing_from_outside(site: Path) -> None:
    loading = re.compile(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=[\"']?(?:https?:)?//[^\"' >]*")
    for path in site.rglob("*.html"):
        assert not loading.findall(path.read_text(encoding="utf-8")), path


def test_the_site_has_the_options_of_every_command_and_every_field(site: Path) -> None:
    page = (site / "options.html").read_text(encoding="utf-8")
    waiting = [TOP]
    while waiting:
        command = waiting.pop()
        waiting.extend(getattr(command, "commands", {}).values())
        for parameter in [] if hasattr(command, "commands") else command.params:
            if parameter.param_type_name == "option" and not getattr(parameter, "hidden", False):
                assert f"<code>{parameter.opts[0]}</code>" in page, f"{command.name} {parameter.opts[0]}"
    assert "<code>d_embedding</code>" in page
    assert "<!-- options" not in page


def test_the_page_about_backpropagation_quotes_the_code(site: Path) -> None:
    page = html.unescape(re.sub(r"<[^>]*>", "", (site / "bptt.html").read_text(encoding="utf-8")))
    assert "d_states[t] += weights.W_hh.T @ d_sums[t]" in page
    assert ">>>" not in page
    assert "<!-- code" not in (site / "bptt.html").read_text(encoding="utf-8")


def test_the_lecture_is_one_page_with_its_pictures(site: Path) -> None:
    page = (site / "lecture.html").read_text(encoding="utf-8")
    pictures = {path.name for path in (site / "lecture").iterdir()}
    assert {path.suffix for path in map(Path, pictures)} == {".png"}  # the chapters are not pages
    assert all(f'src="lecture/{name}"' in page for name in pictures)
    assert "<!-- code" not in page


def test_the_search_finds_what_stands_in_the_pages(site: Path) -> None:
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    for words in ("Kneser-Ney", "--no-copy", "perplexity"):
        assert words in index
