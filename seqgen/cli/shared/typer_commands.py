"""Makes functions that Typer can register out of commands that take one dataclass of options."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import typer

from seqgen.cli.shared.options import Argument, Option, Options, as_typed, declarations, require_combination, spell
from seqgen.config import parse_bytes
from seqgen.errors import ConfigError

OptionsT = TypeVar("OptionsT", bound=Options)


def typer_command(command: Callable[[OptionsT], None]) -> Callable[..., None]:
    """The same command with a parameter for each of its options, as Typer wants it.

    A field that the user leaves out keeps the default of the dataclass, and is not among its `given`. Options that do
    not go together are refused before the command begins.
    """
    (hint,) = (hint for name, hint in typing.get_type_hints(command).items() if name != "return")
    options_class: type[OptionsT] = hint

    def run(ctx: typer.Context, **values: Any) -> None:
        given = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
            if _is_given(ctx, name, value)
        }
        options = options_class(**given, given=frozenset(given))
        require_combination(options)
        try:
            with _limit_of(options):
                command(options)
        except ConfigError as error:
            raise as_typed(error, options) from error

    context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    run.__name__, run.__doc__, run.__annotations__ = command.__name__, command.__doc__, {}
    vars(run)["__signature__"] = inspect.Signature([context, *_parameters(options_class)])
    return run


@contextlib.contextmanager
def _limit_of(options: Options) -> Iterator[None]:
    """While a command that reads texts runs, compressed files may unpack to as much as its `--max-bytes` says."""
    written = vars(options).get("max_bytes")
    if written is None:  # nothing of the corpus needs to be loaded yet
        yield
        return
    n_bytes = parse_bytes(written, field="max_bytes")
    from seqgen.corpus.compression import unpacking_at_most

    with unpacking_at_most(n_bytes):
        yield


def _parameters(options_class: type[Options]) -> list[inspect.Parameter]:
    """What Typer reads: the name and type of each option, and its spelling, help and default."""
    defaults = {field.name: field.default for field in dataclasses.fields(options_class)}
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=types.GenericAlias(list, hint.__args__[:1]) if _is_repeated(hint) else hint,
            default=_describe(name, hint, declaration, default=defaults[name]),
        )
        for name, (hint, declaration) in declarations(options_class).items()
    ]


def _describe(name: str, hint: Any, declaration: Option | Argument, *, default: Any) -> Any:
    """Typer's own record of an option. An empty default is not shown in the help."""
    is_required = default is dataclasses.MISSING
    shown = ... if is_required else None if default in ((), "") else default
    if isinstance(declaration, Option):
        spelling = spell(name, declaration)
        if declaration.has_opposite:
            spelling += f"/--no-{spelling.removeprefix('--')}"
        return typer.Option(
            shown,
            *filter(None, [declaration.short, spelling]),
            help=declaration.help,
            metavar=declaration.metavar,
            show_default=declaration.shows_default,
            hidden=declaration.is_hidden,
        )
    metavar = declaration.metavar if is_required else f"[{declaration.metavar}]"
    if _is_repeated(hint):
        metavar += "..."
    return typer.Argument(shown, help=declaration.help, metavar=metavar, show_default=False)


def _is_repeated(hint: Any) -> bool:
    """Whether an option may be given several times. Its value is then a tuple here, and a list in Typer."""
    return getattr(hint, "__origin__", None) is tuple


def _is_given(ctx: typer.Context, name: str, value: object) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT" and value is not None
