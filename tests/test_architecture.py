"""Rules on which part of seqgen may import which, and what the registries hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

from seqgen.config import MODEL_CONFIGS, TOKENIZER_CONFIGS, Cell, TokenizerName
from seqgen.inference import STEPPERS
from seqgen.models import DECODERS
from seqgen.tokenizers import TOKENIZERS
from tests.statements import statements_of

PACKAGE = Path(__file__).parent.parent / "seqgen"
MODULES = sorted(PACKAGE.rglob("*.py"))
LAYERS = [
    {"version", "errors", "openmp", "wording", "free_memory"},
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
    "free_memory",
    "config",
    "durable",
    "launch",
    "waiting",
    "intervals",
    "shares",
    "bases",
    "export",
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


def package_of(path: Path) -> str:
    """The name directly under `seqgen` that a file belongs to: `models` for `seqgen/models/gru.py`."""
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Full names of all modules that a file imports, inside functions too, but not under TYPE_CHECKING."""
    names: list[str] = []
    for node in statements_of(tree_of(path), without_types=True):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(names)


def all_imports() -> Iterator[tuple[str, str, str]]:
    """Every import: the file, its package, and the full name of what it imports."""
    for path in MODULES:
        for name in imports(path):
            yield str(path.relative_to(PACKAGE)), package_of(path), name


def test_imports_point_one_way() -> None:
    wrong = []
    for path, package, name in all_imports():
        parts = name.split(".")
        imported = parts[1] if parts[0] == "seqgen" and len(parts) > 1 else package
        if imported in RANK and imported != package and package not in ("__init__", "__main__"):
            wrong += [(path, name)] if RANK[imported] >= RANK[package] else []
    assert wrong == []


def test_every_package_has_a_layer() -> None:
    assert {package_of(path) for path in MODULES} - {"__init__", "__main__"} == RANK.keys()


def test_models_and_tokenizers_do_not_import_each_other() -> None:
    forbidden = {"models": "seqgen.tokenizers", "tokenizers": "seqgen.models"}
    assert [i for i in all_imports() if i[1] in forbidden and i[2].startswith(forbidden[i[1]])] == []


def test_packages_that_work_without_torch_do_not_import_it() -> None:
    assert [i for i in all_imports() if i[1] in TORCH_FREE and i[2].split(".")[0] == "torch"] == []


def test_training_has_its_own_optimizers_because_those_of_torch_load_its_compiler() -> None:
    training = [path for path in MODULES if package_of(path) == "training"]
    assert [path for path in training if re.search(r"torch\.optim\.\w+\(", path.read_text(encoding="utf-8"))] == []


def test_only_who_draws_imports_terminal_libraries() -> None:
    wrong = [i for i in all_imports() if i[2].split(".")[0] in TERMINAL_LIBRARIES - ALLOWED.get(i[1], set())]
    assert wrong == []


def test_no_module_loads_files_that_could_run_code() -> None:
    assert [i for i in all_imports() if i[2].split(".")[0] in ("pickle", "marshal", "shelve")] == []
    assert [path for path in MODULES if "torch.load" in path.read_text(encoding="utf-8")] == []


def test_the_registries_hold_exactly_the_names_in_the_configuration() -> None:
    assert set(get_args(Cell)) == set(DECODERS) == set(STEPPERS) == set(MODEL_CONFIGS)
    assert set(get_args(TokenizerName)) == set(TOKENIZER_CONFIGS) == set(TOKENIZERS)
    assert all(MODEL_CONFIGS[name].cell == name for name in MODEL_CONFIGS)
    assert all(TOKENIZERS[name].kind == name for name in TOKENIZERS)


def test_no_code_compares_a_value_with_the_name_of_a_cell() -> None:
    comparisons = [node for path in MODULES for node in ast.walk(tree_of(path)) if isinstance(node, ast.Compare)]
    wrong = []
    for node in comparisons:
        compared = {side.value for side in (node.left, *node.comparators) if isinstance(side, ast.Constant)}
        wrong += [ast.unparse(node)] if compared & set(get_args(Cell)) else []
    assert wrong == []
