"""The import graph and the registries: what may know of what."""

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
    {"version", "errors"},
    {"config", "durable", "launch"},
    {"tokenizers", "models", "inference", "container"},
    {"corpus"},
    {"run"},
    {"scoring", "stepping"},
    {"sampling", "training"},
    {"evaluation"},
    {"api", "lm_eval"},
    {"cli"},
]
"""A room imports only from rooms on the lines above its own."""
RANK = {room: rank for rank, rooms in enumerate(LAYERS) for room in rooms}
TORCH_FREE = {
    "version",
    "errors",
    "config",
    "durable",
    "launch",
    "tokenizers",
    "inference",
    "container",
    "corpus",
    "run",
    "sampling",
    "cli",
    "api",
}
DRAWING = {"typer", "rich", "tqdm", "matplotlib", "uniplot", "prompt_toolkit"}

every_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))


def room_of(path: Path) -> str:
    inside = path.relative_to(PACKAGE)
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem


def imports(path: Path) -> Iterator[str]:
    """Full names of imported modules, wherever in the file, but for those under TYPE_CHECKING."""
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
    room = room_of(path)
    if room in ("__init__", "__main__"):
        return
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "seqgen" and len(parts) > 1 and parts[1] in RANK and parts[1] != room:
            assert RANK[parts[1]] < RANK[room], f"{room} imports {name}"


@every_module
def test_models_and_tokenizers_never_meet(path: Path) -> None:
    other = {"models": "tokenizers", "tokenizers": "models"}.get(room_of(path), "nothing")
    assert not any(name.startswith(f"seqgen.{other}") for name in imports(path))


@every_module
def test_torch_stays_where_it_belongs(path: Path) -> None:
    if room_of(path) in TORCH_FREE:
        assert not any(name.split(".")[0] == "torch" for name in imports(path))


@every_module
def test_only_the_command_line_draws(path: Path) -> None:
    if room_of(path) != "cli":
        assert not {name.split(".")[0] for name in imports(path)} & DRAWING


@every_module
def test_no_file_is_loaded_that_could_run_code(path: Path) -> None:
    assert not {name.split(".")[0] for name in imports(path)} & {"pickle", "marshal", "shelve"}
    assert "torch.load" not in path.read_text(encoding="utf-8")


def test_registries_have_exactly_the_names_of_the_configuration() -> None:
    assert set(get_args(Cell)) == set(DECODERS) == set(STEPPERS) == set(MODEL_CONFIGS)
    assert set(get_args(TokenizerName)) == set(TOKENIZER_CONFIGS) == set(TOKENIZERS)
    assert all(MODEL_CONFIGS[name].cell == name for name in MODEL_CONFIGS)
    assert all(TOKENIZERS[name].kind == name for name in TOKENIZERS)


@every_module
def test_no_code_asks_which_cell_it_has(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Compare):
            compared = {side.value for side in (node.left, *node.comparators) if isinstance(side, ast.Constant)}
            assert not compared & set(get_args(Cell)), ast.unparse(node)
