"""The statements of a file, found without a walk through their expressions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_BODIES = ("body", "handlers", "orelse", "finalbody", "cases")


def statements_of(node: ast.AST, *, without_types: bool = False) -> Iterator[ast.AST]:
    """All statements inside of a module or a statement. Those under TYPE_CHECKING can be left out."""
    if without_types and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    for body in _BODIES:
        for statement in getattr(node, body, ()):
            yield statement
            yield from statements_of(statement, without_types=without_types)
