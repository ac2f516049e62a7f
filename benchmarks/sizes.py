"""Measures the size of the code: files, functions, comments, docstrings and parameters, as a Markdown table.

    python benchmarks/sizes.py [--root FOLDER]

FOLDER holds `seqgen/` and `tests/`. Without the option, it is the project of this script. "p90" is the 90th
percentile: nine values of ten are no larger.
"""

from __future__ import annotations

import argparse
import ast
import io
import itertools
import statistics
import tokenize
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
Function = ast.FunctionDef | ast.AsyncFunctionDef
COLUMNS = (
    "code",
    "files",
    "lines per file, median/p90/max",
    "lines per function, median/p90/max",
    "comment lines + notes under names",
    "functions with docstring (public ones)",
    "public objects with example",
    "return types",
    "assert:raise",
    "parameters, p90/max",
)


@dataclass(frozen=True)
class Module:
    """One source file, parsed."""

    text: str
    tree: ast.Module

    @classmethod
    def read(cls, path: Path) -> Module:
        text = path.read_text(encoding="utf-8")
        return cls(text, ast.parse(text))

    def nodes(self) -> Iterator[ast.AST]:
        """Every node of the syntax tree."""
        return ast.walk(self.tree)

    def functions(self) -> Iterator[Function]:
        """Every function and method, nested ones included."""
        return (node for node in self.nodes() if isinstance(node, Function))

    def n_lines(self) -> int:
        """Lines of the file, empty ones included."""
        return len(self.text.splitlines())

    def n_comment_lines(self) -> int:
        """Lines that hold a comment, alone or behind code."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return len({token.start[0] for token in tokens if token.type == tokenize.COMMENT})

    def n_note_lines(self) -> int:
        """Lines of the strings that stand below a constant or a field and explain it."""
        n_lines = 0
        for node in self.nodes():
            body: list[ast.stmt] = getattr(node, "body", []) if isinstance(node, ast.Module | ast.ClassDef) else []
            for named, note in itertools.pairwise(body):
                is_note = isinstance(note, ast.Expr) and isinstance(note.value, ast.Constant)
                if is_note and isinstance(named, ast.Assign | ast.AnnAssign):
                    n_lines += (note.end_lineno or note.lineno) - note.lineno + 1
        return n_lines

    def public_objects(self) -> Iterator[Function | ast.ClassDef]:
        """Functions and classes of the module itself whose names do not begin with an underscore."""
        for node in self.tree.body:
            if isinstance(node, Function | ast.ClassDef) and is_public(node):
                yield node


def is_public(node: Function | ast.ClassDef) -> bool:
    """Whether a name is meant for others: it does not begin with an underscore."""
    return not node.name.startswith("_")


def has_docstring(function: Function) -> bool:
    """Whether the function says in words what it does."""
    return ast.get_docstring(function) is not None


def has_example(node: ast.AST) -> bool:
    """Whether the docstring of a function, or of a class or one of its methods, holds a doctest."""
    documented = (part for part in ast.walk(node) if isinstance(part, Function | ast.ClassDef))
    return any(">>>" in (ast.get_docstring(part) or "") for part in documented)


def n_parameters(function: Function) -> int:
    """Parameters of a function, without `self` and `cls`."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    starred = [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    return len([argument for argument in named if argument.arg not in ("self", "cls")]) + len(starred)


def n_function_lines(function: Function) -> int:
    """Lines from `def` to the end of the body, docstring included."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def spread(values: Iterable[int], *, with_median: bool = True) -> str:
    """Median, 90th percentile and largest value, or only the last two."""
    ordered = sorted(values)
    p90, largest = ordered[int(0.9 * len(ordered))], ordered[-1]
    return f"{f'{statistics.median(ordered):.0f}/' if with_median else ''}{p90}/{largest}"


def percent(truths: Iterable[bool]) -> str:
    """The share that is true."""
    return f"{statistics.mean(truths):.0%}"


def measure(modules: Sequence[Module]) -> list[str]:
    """The cells of one row of the table."""
    functions = [function for module in modules for function in module.functions()]
    public_functions = [function for function in functions if is_public(function)]
    public_objects = [node for module in modules for node in module.public_objects()]
    n_asserts, n_raises = (
        sum(isinstance(node, kind) for module in modules for node in module.nodes()) for kind in (ast.Assert, ast.Raise)
    )
    n_lines = sum(module.n_lines() for module in modules)
    comment_share, note_share = (
        sum(map(count, modules)) / n_lines for count in (Module.n_comment_lines, Module.n_note_lines)
    )
    return [
        str(len(modules)),
        spread(module.n_lines() for module in modules),
        spread(n_function_lines(function) for function in functions),
        f"{comment_share:.1%} + {note_share:.1%}",
        f"{percent(map(has_docstring, functions))} ({percent(map(has_docstring, public_functions))})",
        f"{percent(map(has_example, public_objects))} of {len(public_objects)}",
        percent(function.returns is not None for function in functions),
        f"{n_asserts}:{n_raises}",
        spread((n_parameters(function) for function in functions), with_median=False),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=ROOT)
    root = parser.parse_args().root
    package, tests = root / "seqgen", root / "tests"
    selections: dict[str, tuple[Path, Callable[[Path], bool]]] = {
        "seqgen/": (package, lambda path: True),
        "seqgen/ without cli": (package, lambda path: not path.is_relative_to(package / "cli")),
        "seqgen/cli": (package / "cli", lambda path: True),
        "tests/": (tests, lambda path: True),
    }
    print(f"| {' | '.join(COLUMNS)} |\n| --- |{' ---: |' * (len(COLUMNS) - 1)}")
    for name, (folder, is_selected) in selections.items():
        modules = [Module.read(path) for path in sorted(folder.rglob("*.py")) if is_selected(path)]
        print(f"| {' | '.join([name, *measure(modules)])} |")


if __name__ == "__main__":
    main()
