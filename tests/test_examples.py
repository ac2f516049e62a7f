"""The examples in the docstrings: they run, and their outputs are true.

They run in a folder that holds a text, `story.txt`, and a small LSTM trained on it, `checkpoints/story`.
"""

from __future__ import annotations

import doctest
import importlib
import shutil
from pathlib import Path

import pytest
import torch

from tests import tiny

PACKAGE = Path(__file__).parent.parent / "seqgen"
MODULES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if "cli" not in path.parts and path.name not in ("__main__.py", "lm_eval.py")
)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture
def workshop(run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that examples run in."""
    (tmp_path / "story.txt").write_text(tiny.TEXT, encoding="utf-8")
    shutil.copytree(run_folder, tmp_path / "checkpoints" / "story")
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    return tmp_path


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run_and_print_what_stands_there(name: str, workshop: Path) -> None:
    assert doctest.testmod(importlib.import_module(name), optionflags=OPTIONS).failed == 0
