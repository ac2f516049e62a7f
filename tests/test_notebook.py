"""The notebook of the documentation: it runs, and what is stored in it is what it shows."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest

from tests import tiny

DOCS = Path(__file__).parent.parent / "docs"
NOTEBOOK = nbformat.read(DOCS / "notebook.ipynb", as_version=4)
CODE = [cell for cell in NOTEBOOK.cells if cell.cell_type == "code"]


def script(name: str) -> ModuleType:
    """A script of the folder docs."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SHORTER = {"STEPS = 400": "STEPS = 4", "evaluate([model, other], baselines=True)": "evaluate([model, other])"}
"""What a test changes: baselines learn for seconds, and have tests of their own."""


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The notebook after a training of few steps on a short text."""
    corpora = tmp_path_factory.mktemp("corpora")
    (corpora / "stories.txt").write_text(tiny.TEXT, encoding="utf-8")
    text = nbformat.writes(NOTEBOOK)
    for long, short in SHORTER.items():
        assert long in text
        text = text.replace(long, short)
    return script("run_notebook").execute(nbformat.reads(text, as_version=4), corpora=corpora)


@pytest.mark.timeout(300)
def test_every_cell_runs_and_shows_the_kinds_of_output_that_are_stored(executed: Any) -> None:
    done = [cell for cell in script("run_notebook").without_bars(executed).cells if cell.cell_type == "code"]
    for cell, stored in zip(done, CODE, strict=True):
        assert list(map(kinds, cell.outputs)) == list(map(kinds, stored.outputs)), cell.source


def kinds(output: Any) -> list[str]:
    return sorted(output.get("data", {"printed": output.get("text")}))


def test_what_is_stored_was_run_in_order_and_without_an_error() -> None:
    assert [cell.execution_count for cell in CODE] == list(range(1, len(CODE) + 1))
    assert not [output for cell in CODE for output in cell.outputs if output.output_type == "error"]
    assert sum("image/png" in output.get("data", {}) for cell in CODE for output in cell.outputs) == 2


def test_the_page_of_the_site_shows_code_and_outputs() -> None:
    page = script("hooks").page_of((DOCS / "notebook.ipynb").read_text(encoding="utf-8"))
    assert page.startswith("# seqgen in a notebook\n")
    assert page.count("```python") == len(CODE)
    assert page.count("![What the cell draws](data:image/png;base64,") == 2
    assert "<LanguageModel 'stories-lstm-" in page
