"""Wrong uses of the command line in one line each: what is wrong, what comes nearest, where to read more."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Any

import typer

from seqgen.errors import did_you_mean

UsageError: type[Any] = typer.BadParameter.__mro__[1]
"""The class of all wrong uses. Typer does not export it."""

_NOT_ONE_OF = re.compile(r"'(.*)' is not (?:a valid|one of)", re.DOTALL)
_SHOWN_VALUE = 80
"""Characters that are shown of a wrong value."""
_NUMBERS = {"float": "a number", "int": "a whole number", "integer": "a whole number"}
"""How Typer names its types -> how we do."""


def describe_usage_error(error: Any, words: Sequence[str]) -> str:
    """One line about a wrong use; `words` are those of the command line."""
    kind = type(error).__name__
    if kind == "NoSuchOption":
        return _describe_unknown_option(error, words)
    if kind == "MissingParameter":
        return f"{_spell(error.param)} is missing{_see_help(error)}"
    if kind == "BadParameter":
        return _describe_bad_value(error)
    if kind == "BadOptionUsage" and "requires an argument" in error.message:
        return f"{error.option_name} needs a value{_see_help(error)}"
    if found := re.search(r"unexpected extra argument\S* \((.*)\)", error.message):
        return f"{found[1].strip() or 'an empty text'} is one argument too many{_see_help(error)}"
    message = str(error.format_message()).rstrip(".")
    return f"{message[:1].lower()}{message[1:]}{_see_help(error)}"


def _describe_unknown_option(error: Any, words: Sequence[str]) -> str:
    name = str(error.option_name)
    if name == "--run" and any(param.name in ("run", "runs") for param in error.ctx.command.params):
        return f"there is no option --run; give the run as an argument: {error.ctx.command_path} {_run_after(words)}"
    options = [spelling for param in error.ctx.command.params for spelling in getattr(param, "opts", ())]
    word = next((word for word in words if word.startswith(name) and not word.startswith("--")), "")
    if len(word) > 2:
        return f"{word} is taken for an option, and there is no option {name}: write -- before a file of that name"
    known = [option for option in [*options, "--help"] if option.startswith("--")]
    return f"there is no option {name}{did_you_mean(name, known) or _see_help(error)}"


def _run_after(words: Sequence[str]) -> str:
    """The run that was given to an option `--run`, as a shell reads it."""
    after = (following for word, following in zip(words, [*words[1:], ""], strict=True) if word == "--run")
    within = (word.removeprefix("--run=") for word in words if word.startswith("--run="))
    return shlex.quote(next(filter(None, (*after, *within)), "RUN"))


def _describe_bad_value(error: Any) -> str:
    found = _NOT_ONE_OF.match(str(error.message))
    if error.param is None or found is None:
        return str(error.format_message())
    name, value, kind = _spell(error.param), found[1], error.param.type
    choices = list(map(str, getattr(kind, "choices", ())))
    shown = repr(value if len(value) <= _SHOWN_VALUE else value[:_SHOWN_VALUE] + "…")
    if choices:
        return f"{name} is {shown}: it must be one of {', '.join(choices)}{did_you_mean(value, choices)}"
    return f"{name} is {shown}: it must be {_NUMBERS.get(kind.name, kind.name)}"


def _spell(param: Any) -> str:
    """An option with its dashes; an argument as the help writes it."""
    if param.param_type_name == "argument":
        return str(param.make_metavar(None) if param.metavar is None else param.metavar).strip("[].{}")
    return str(max(param.opts, key=len))


def _see_help(error: Any) -> str:
    return f": see {error.ctx.command_path} --help" if error.ctx is not None else ""
