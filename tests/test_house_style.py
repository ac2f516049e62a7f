"""Rules of style that the linter cannot check: sizes, positional parameters, banners, and repeated defaults."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from seqgen.cli import app

ROOT = Path(__file__).parent.parent
FILES = sorted(path for folder in ("seqgen", "tests", "benchmarks", "docs") for path in (ROOT / folder).rglob("*.py"))

MOST_FILE_LINES = 250
MOST_FUNCTION_LINES = 50
MOST_POSITIONAL = 3
"""Parameters that a call may pass by position, besides `self` and `cls`. Any further ones are keyword-only."""
ONE_MORE_POSITIONAL = {
    "seqgen/models": "tensors stand in the order of their formula",
    "seqgen/inference": "arrays stand in the order of their formula",
    "seqgen/config/fields.py": "`require` reads as a sentence: a field, a condition, and what is allowed",
    "tests": "a helper is called only in the file that defines it",
}
"""Where a call may pass four by position, each with the reason."""

LONG_FILES: dict[str, str] = {}
"""Files over the limit, each with the reason why they are not divided."""
NAMED_DEFAULTS = {"utf-8": "DEFAULT_ENCODING", "char": "DEFAULT_TOKENIZER"}
"""Default values that have a constant in `seqgen.config`. Nothing else writes them out."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))


def functions_of(path: Path) -> Iterator[Function]:
    """All functions and methods in a file."""
    return (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, Function))


def command_names() -> set[str]:
    """Names of the functions that typer calls. It passes them every option by name."""
    groups, names = [typer.main.get_command(app)], set()
    while groups:
        for command in vars(groups.pop()).get("commands", {}).values():
            groups.append(command)
            names.add(getattr(command.callback, "__name__", ""))
    return names


def is_called_by_name(function: Function) -> bool:
    """Whether the function is a command, which typer calls, or a test or fixture, which pytest calls."""
    is_fixture = any("fixture" in ast.unparse(decorator) for decorator in function.decorator_list)
    return function.name in COMMANDS or function.name.startswith("test_") or is_fixture


def defaults_of(function: Function) -> Iterator[object]:
    """The default values of a function that are written as literals."""
    defaults = [*function.args.defaults, *function.args.kw_defaults]
    return (default.value for default in defaults if isinstance(default, ast.Constant))


COMMANDS = command_names()


@every_file
def test_a_file_fits_the_size_limit_or_has_a_reason_not_to(path: Path) -> None:
    n_lines = len(path.read_text(encoding="utf-8").splitlines())
    has_reason = str(path.relative_to(ROOT)) in LONG_FILES
    assert (n_lines > MOST_FILE_LINES) == has_reason, f"{n_lines} lines"


@every_file
def test_a_function_fits_on_one_screen(path: Path) -> None:
    for function in functions_of(path):
        n_lines = (function.end_lineno or function.lineno) - function.lineno + 1
        assert n_lines <= MOST_FUNCTION_LINES, f"{function.name} has {n_lines} lines"


@every_file
def test_a_function_takes_few_arguments_by_position(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    most = MOST_POSITIONAL + any(name.startswith(start) for start in ONE_MORE_POSITIONAL)
    for function in functions_of(path):
        positional = [*function.args.posonlyargs, *function.args.args]
        names = [parameter.arg for parameter in positional if parameter.arg not in ("self", "cls", "ctx")]
        assert len(names) <= most or is_called_by_name(function), f"{function.name}: {names}"


@every_file
def test_no_comment_is_a_banner(path: Path) -> None:
    """A file that needs headings is several files."""
    assert not re.findall(r"^ *# *[-=#*]{3}.*$", path.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("path", [path for path in FILES if ROOT / "seqgen" in path.parents], ids=str)
def test_a_default_with_a_name_is_not_written_out(path: Path) -> None:
    for function in functions_of(path):
        for value in defaults_of(function):
            assert value not in NAMED_DEFAULTS, f"{function.name}: use {NAMED_DEFAULTS[str(value)]}"
