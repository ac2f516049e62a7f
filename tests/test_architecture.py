"""Rules on which part of seqgen may import which, and what the registries hold."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from seqgen.config import MODEL_CONFIGS, TOKENIZER_CONFIGS, Cell, TokenizerName
from seqgen.inference import STEPPERS
from seqgen.models import DECODERS
from seqgen.tokenizers import TOKENIZERS

PACKAGE = Path(__file__).parent.parent / "seqgen"
MODULES = sorted(PACKAGE.rglob("*.py"))
LAYERS = [
    {"version", "errors", "openmp", "wording"},
    {"config", "durable", "launch", "waiting", "intervals", "shares", "bases", "page"},
    {"tokenizers", "models", "inference", "container"},
    {"corpus"},
    {"run"},
    {"restored", "scoring"},
    {"stepping"},
    {"sampling", "training"},
    {"evaluation", "music"},
    {"inspection"},
    {"export"},
    {"api", "lm_eval"},
    {"server"},
    {"cli"},
]
"""The packages and modules of seqgen, lowest layer first. Each imports only from the layers before its own."""
RANK = {package: rank for rank, packages in enumerate(LAYERS) for package in packages}
"""The number of the layer of each package."""
TORCH_FREE = {
    "version",
    "errors",
    "openmp",
    "wording",
    "config",
    "durable",
    "launch",
    "waiting",
    "intervals",
    "shares",
    "bases",
    "page",
    "tokenizers",
    "inference",
    "container",
    "corpus",
    "run",
    "sampling",
    "music",
    "server",
    "cli",
    "api",
}
TERMINAL_LIBRARIES = {"typer", "rich", "tqdm", "matplotlib", "uniplot", "prompt_toolkit"}
ALLOWED = {"cli": TERMINAL_LIBRARIES, "api": {"tqdm"}}
"""Who may import which of them. `seqgen.train` draws a bar in a notebook, which is a screen of its own."""

every_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))


def package_of(path: Path) -> str:
    """The name directly under `seqgen` that a file belongs to: `models` for `seqgen/models/gru.py`."""
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imports(path: Path) -> Iterator[str]:
    """Full names of all modules that a file imports, inside functions too, but not under TYPE_CHECKING."""
    stack: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        stack.extend(ast.iter_child_nodes(node))


@every_module
def test_imports_point_one_way(path: Path) -> None:
    package = package_of(path)
    if package in ("__init__", "__main__"):
        return
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "seqgen" and len(parts) > 1 and parts[1] in RANK and parts[1] != package:
            assert RANK[parts[1]] < RANK[package], f"{package} imports {name}"


@every_module
def test_models_and_tokenizers_do_not_import_each_other(path: Path) -> None:
    forbidden = {"models": "seqgen.tokenizers", "tokenizers": "seqgen.models"}.get(package_of(path))
    assert not any(forbidden and name.startswith(forbidden) for name in imports(path))


@every_module
def test_packages_that_work_without_torch_do_not_import_it(path: Path) -> None:
    if package_of(path) in TORCH_FREE:
        assert not any(name.split(".")[0] == "torch" for name in imports(path))


@every_module
def test_only_who_draws_imports_terminal_libraries(path: Path) -> None:
    refused = TERMINAL_LIBRARIES - ALLOWED.get(package_of(path), set())
    assert not {name.split(".")[0] for name in imports(path)} & refused


@every_module
def test_no_module_loads_files_that_could_run_code(path: Path) -> None:
    assert not {name.split(".")[0] for name in imports(path)} & {"pickle", "marshal", "shelve"}
    assert "torch.load" not in path.read_text(encoding="utf-8")


def test_the_registries_hold_exactly_the_names_in_the_configuration() -> None:
    assert set(get_args(Cell)) == set(DECODERS) == set(STEPPERS) == set(MODEL_CONFIGS)
    assert set(get_args(TokenizerName)) == set(TOKENIZER_CONFIGS) == set(TOKENIZERS)
    assert all(MODEL_CONFIGS[name].cell == name for name in MODEL_CONFIGS)
    assert all(TOKENIZERS[name].kind == name for name in TOKENIZERS)


@every_module
def test_no_code_compares_a_value_with_the_name_of_a_cell(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Compare):
            compared = {side.value for side in (node.left, *node.comparators) if isinstance(side, ast.Constant)}
            assert not compared & set(get_args(Cell)), ast.unparse(node)
