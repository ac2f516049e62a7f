"""Small faults for `mutants.py`: every way to change one expression or statement of a source file.

What only changes the words of an error, an annotation, a docstring, a decorator or a default value is left out, and so
is `strict=` of zip.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
_NOT_CHANGED = (ast.Raise, ast.Assert, ast.arguments, ast.arg, ast.ClassDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Mutant:
    """One changed file. `owner` is the outermost function that differs, or the constant, whose `code` it is."""

    path: Path
    lines: range
    change: str
    owner: tuple[str, int]
    """The name within the module and the first line. Constants have line 0."""
    code: CodeType


@dataclass(frozen=True)
class _Place:
    """Where an expression or a statement stands in the tree."""

    parent: ast.AST
    field: str
    index: int | None

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def mutants_of(path: Path) -> Iterator[Mutant]:
    """All mutants of a file, in the order of its lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for name, top in _owners(tree):
        first = min([top.lineno, *(d.lineno for d in getattr(top, "decorator_list", []))])
        owner = (name, first if isinstance(top, Function) else 0)
        find = _code_finder(top, owner)
        before = find(compile(tree, str(path), "exec"))
        for place, node, lines in list(_places(top)):
            for other in _alternatives(node, place):
                place.put(ast.copy_location(other, node))
                ast.fix_missing_locations(other)
                code = find(compile(tree, str(path), "exec"))
                place.put(node)
                if (code.co_code, code.co_consts, code.co_names) != (before.co_code, before.co_consts, before.co_names):
                    yield Mutant(path, lines, f"{_shown(node)} -> {_shown(other)}", owner, code)


def _owners(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Functions, methods, and the constants of the module."""
    for node in tree.body:
        if isinstance(node, Function):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{m.name}", m) for m in node.body if isinstance(m, Function))
        elif isinstance(getattr(node, "value", None), ast.Subscript):
            continue  # a type
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id != "__all__":
            yield node.targets[0].id, node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node


def _code_finder(top: ast.stmt, owner: tuple[str, int]) -> Callable[[CodeType], CodeType]:
    """How to get the code of the owner out of the code of the file."""

    def find(code: CodeType) -> CodeType:
        if not isinstance(top, Function):
            assert isinstance(top, ast.Assign | ast.AnnAssign) and top.value
            return compile(ast.Expression(top.value), "constant", "eval")
        inner = [part for part in code.co_consts if isinstance(part, CodeType)]
        found = [part for part in inner if (part.co_qualname, part.co_firstlineno) == owner]
        return found[0] if found else next(method for part in inner if (method := _inside(part, owner)))

    return find


def _inside(code: CodeType, owner: tuple[str, int]) -> CodeType | None:
    """A method in the code of a class."""
    inner = [part for part in code.co_consts if isinstance(part, CodeType)]
    return next((part for part in inner if (part.co_qualname, part.co_firstlineno) == owner), None)


def _places(top: ast.stmt) -> Iterator[tuple[_Place, ast.AST, range]]:
    """All that may be changed, with the lines of its statement."""
    stack: list[tuple[ast.AST, range]] = [(top, _lines_of(top))]
    while stack:
        parent, lines = stack.pop()
        for field, value in ast.iter_fields(parent):
            if field in ("decorator_list", "annotation", "returns", "keywords", "type_comment", "target", "targets"):
                value = [k for k in value if k.arg != "strict"] if field == "keywords" else []
            for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if not isinstance(child, ast.AST) or _is_docstring(child):
                    continue
                inner = _lines_of(child) if isinstance(child, ast.stmt) else lines
                if not isinstance(child, ast.keyword):
                    yield _Place(parent, field, index), child, inner
                if not isinstance(child, (*_NOT_CHANGED, ast.JoinedStr)):
                    stack.append((child, inner))


def _lines_of(statement: ast.stmt) -> range:
    """The lines of a statement, without those of its body."""
    body = getattr(statement, "body", None)
    last = body[0].lineno - 1 if body else statement.end_lineno or statement.lineno
    return range(statement.lineno, max(last, statement.lineno) + 1)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _alternatives(node: ast.AST, place: _Place) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    if isinstance(node, ast.stmt):
        yield from _other_statements(node)
    elif isinstance(node, ast.cmpop):
        yield from (kind() for kind in _COMPARISONS[type(node)])
    elif isinstance(node, ast.operator):
        yield from (kind() for old, kind in _ARITHMETIC.items() if isinstance(node, old))
    elif isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        yield from _other_expressions(node, place)


def _other_statements(node: ast.stmt) -> Iterator[ast.stmt]:
    is_call = isinstance(node, ast.Expr) and not isinstance(node.value, ast.Yield | ast.YieldFrom)
    is_set = isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name | ast.Tuple)
    if is_call or is_set or isinstance(node, ast.AugAssign | ast.Raise | ast.Continue | ast.Break | ast.Delete):
        yield ast.Pass()
    elif isinstance(node, ast.Return) and node.value and ast.unparse(node.value) != "None":
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.For):
        yield ast.For(node.target, ast.Tuple([], ast.Load()), node.body, node.orelse)
    elif isinstance(node, ast.If | ast.While) and isinstance(node.test, ast.Name | ast.Attribute | ast.Call):
        yield type(node)(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)


def _other_conditions(node: ast.BoolOp) -> Iterator[ast.expr]:
    """The other operator, and one operand less."""
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    for n in range(len(node.values)):
        rest = node.values[:n] + node.values[n + 1 :]
        yield ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0]


def _other_expressions(node: ast.expr, place: _Place) -> Iterator[ast.expr]:
    if isinstance(node, ast.BoolOp):
        yield from _other_conditions(node)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)
    elif isinstance(node, ast.Constant):
        yield from _other_constants(node.value)
    elif isinstance(node, ast.JoinedStr):
        yield ast.Constant("")
    elif isinstance(node, ast.Name) and node.id in _NAMES:
        yield ast.Name(_NAMES[node.id], ast.Load())
    elif isinstance(place.parent, ast.comprehension) and place.field == "ifs":
        yield from (ast.Constant(True), ast.UnaryOp(ast.Not(), node))


def _other_constants(value: object) -> Iterator[ast.expr]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield from (ast.Constant(value + 1), ast.Constant(value - 1))
    elif isinstance(value, str):
        yield ast.Constant("X" + value)
    elif isinstance(value, bytes):
        yield ast.Constant(b"X" + value)


def _shown(node: ast.AST) -> str:
    if isinstance(node, ast.cmpop | ast.operator):
        return type(node).__name__
    return " ".join(ast.unparse(node).split())[:90]
