"""The examples in the docstrings: everything public has one, they run, and their output is true.

They run in a folder that holds a text, `story.txt`, a small LSTM trained on it, `checkpoints/story`, and a small GRU
trained on pairs, `runs/reversed`, which turns words around.
"""

from __future__ import annotations

import doctest
import importlib
import inspect
import linecache
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType

import pytest
import torch

from tests import tiny

PACKAGE = Path(__file__).parent.parent / "seqgen"
NOT_THE_LIBRARY = ("cli", "__main__", "lm_eval")
"""The command line and the plug-in for the harness: nobody imports their names."""
SOURCES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path.read_text("utf-8")
    for path in PACKAGE.rglob("*.py")
    if path.relative_to(PACKAGE).with_suffix("").parts[0] not in NOT_THE_LIBRARY
}
MODULES = sorted(SOURCES)
METHODS = (FunctionType, classmethod, staticmethod, property)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture
def workshop(run_folder: Path, pair_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that examples run in."""
    (tmp_path / "story.txt").write_text(tiny.TEXT, encoding="utf-8")
    shutil.copytree(run_folder, tmp_path / "checkpoints" / "story")
    shutil.copytree(pair_folder, tmp_path / "runs" / "reversed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("seqgen.inspection.criteria._N_TASK_STEPS", 1)  # which no example shows
    torch.manual_seed(0)
    linecache.clearcache()  # doctest looks at every file in it
    return tmp_path


@pytest.mark.parametrize("name", [name for name in MODULES if ">>>" in SOURCES[name]])
def test_the_examples_of_a_module_run_and_print_what_they_claim(name: str, workshop: Path) -> None:
    assert doctest.testmod(importlib.import_module(name), optionflags=OPTIONS).failed == 0


def public_names(module: ModuleType) -> list[str]:
    """What a package exports, or what a module without `__all__` defines."""
    defined = [name for name, thing in vars(module).items() if getattr(thing, "__module__", None) == module.__name__]
    return getattr(module, "__all__", [name for name in defined if not name.startswith("_")])


def docstrings(thing: object) -> Iterator[str]:
    """The docstring of a function, or the docstrings of a class and its public methods."""
    yield inspect.getdoc(thing) or ""
    if inspect.isclass(thing):
        methods = (member for name, member in vars(thing).items() if not name.startswith("_"))
        yield from (inspect.getdoc(method) or "" for method in methods if isinstance(method, METHODS))


def needs_example(thing: object) -> bool:
    """Functions and classes do. Errors and protocols do not: nobody calls them."""
    is_called = inspect.isfunction(thing) or (inspect.isclass(thing) and not issubclass(thing, Exception))
    return is_called and not getattr(thing, "_is_protocol", False)


@pytest.mark.parametrize("name", [name for name in MODULES if name.count(".") == 1])
def test_everything_public_has_an_example(name: str) -> None:
    module = importlib.import_module(name)
    things = {public: getattr(module, public) for public in public_names(module)}
    missing = [
        public
        for public, thing in things.items()
        if needs_example(thing) and not any(">>>" in text for text in docstrings(thing))
    ]
    assert not missing
