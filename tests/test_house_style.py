"""Rules of style that the linter cannot check: sizes, positional parameters, banners, and repeated defaults."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from tests.statements import statements_of

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


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def functions_of(path: Path) -> list[Function]:
    """All functions and methods in a file."""
    return [node for node in statements_of(ast.parse(text_of(path))) if isinstance(node, Function)]


def all_functions(files: Iterable[Path] = FILES) -> Iterator[tuple[str, Function]]:
    """All functions with the name of their file."""
    for path in files:
        for function in functions_of(path):
            yield path.relative_to(ROOT).as_posix(), function


def is_called_by_pytest(function: Function) -> bool:
    """Whether the function is a test or a fixture."""
    is_fixture = any("fixture" in ast.unparse(decorator) for decorator in function.decorator_list)
    return function.name.startswith("test_") or is_fixture


def defaults_of(function: Function) -> Iterator[object]:
    """The default values of a function that are written as literals."""
    defaults = [*function.args.defaults, *function.args.kw_defaults]
    return (default.value for default in defaults if isinstance(default, ast.Constant))


def test_a_file_fits_the_size_limit_or_has_a_reason_not_to() -> None:
    n_lines = {path.relative_to(ROOT).as_posix(): len(text_of(path).splitlines()) for path in FILES}
    assert {name: n for name, n in n_lines.items() if (n > MOST_FILE_LINES) != (name in LONG_FILES)} == {}


def test_a_function_fits_on_one_screen() -> None:
    n_lines = {
        (name, function.name): (function.end_lineno or function.lineno) - function.lineno + 1
        for name, function in all_functions()
    }
    assert {place: n for place, n in n_lines.items() if n > MOST_FUNCTION_LINES} == {}


def test_a_function_takes_few_arguments_by_position() -> None:
    found = []
    for name, function in all_functions():
        most = MOST_POSITIONAL + any(name.startswith(start) for start in ONE_MORE_POSITIONAL)
        positional = [*function.args.posonlyargs, *function.args.args]
        names = [parameter.arg for parameter in positional if parameter.arg not in ("self", "cls", "ctx")]
        if len(names) > most and not is_called_by_pytest(function):
            found.append((name, function.name, names))
    assert found == []


def test_no_comment_is_a_banner() -> None:
    """A file that needs headings is several files."""
    banner = re.compile(r"^ *# *[-=#*]{3}.*$", re.MULTILINE)
    assert {str(path): banner.findall(text_of(path)) for path in FILES if banner.search(text_of(path))} == {}


def test_a_default_with_a_name_is_not_written_out() -> None:
    package = [path for path in FILES if ROOT / "seqgen" in path.parents]
    written_out = [
        (name, function.name, f"use {NAMED_DEFAULTS[str(value)]}")
        for name, function in all_functions(package)
        for value in defaults_of(function)
        if value in NAMED_DEFAULTS
    ]
    assert written_out == []
