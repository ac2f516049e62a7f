"""Dataclasses from the values of a file, whose types nobody has checked."""

from __future__ import annotations

import dataclasses
import sys
import types
import typing
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, TypeVar, get_args, get_origin

from seqgen.errors import ConfigError
from seqgen.wording import shown


class Dataclass(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


DataclassT = TypeVar("DataclassT", bound=Dataclass)

_TOO_LARGE = 1 << 63
"""NumPy and PyTorch have no whole number as large. JSON has."""
_NAMES = {int: "a whole number", float: "a finite number", str: "a text", bool: "true or false", type(None): "None"}
_PLURALS = {int: "whole numbers", float: "finite numbers", str: "texts"}


def checked(cls: type[DataclassT], values: Mapping[str, Any]) -> DataclassT:
    """The dataclass with these values as its fields, if each has the type of its field.

    The constructor alone would take a text where a number belongs. A whole number counts as a float; `true` does not
    count as a number, and neither does what is too large for NumPy.

    Raises:
        ConfigError: a value has another type, or is infinite or NaN; or the dataclass refuses it.
        TypeError: a field is unknown or missing.

    >>> from seqgen.config import Budget
    >>> checked(Budget, {"steps": 3})
    Budget(steps=3, epochs=None, minutes=None)
    >>> checked(Budget, {"steps": "3"})
    Traceback (most recent call last):
    seqgen.errors.ConfigError: steps is '3': it must be a whole number, or None
    """
    hints = _hints(cls)
    for name, value in values.items():
        if name in hints and not _fits(value, hints[name]):
            allowed = _describe(hints[name])
            if type(value) is int and abs(value) >= _TOO_LARGE:
                allowed = allowed.replace(_NAMES[int], f"{_NAMES[int]} below 2^63")
            raise ConfigError(f"is {shown(value)}: it must be {allowed}", field=name)
    return cls(**values)


def checked_options(cls: type[DataclassT], values: Mapping[str, Any]) -> DataclassT:
    """The same for the values that a program gives, in which a number of NumPy counts as one of Python.

    >>> import numpy as np
    >>> from seqgen.config import Budget
    >>> checked_options(Budget, {"steps": np.int64(3)})
    Budget(steps=3, epochs=None, minutes=None)
    """
    return checked(cls, {name: plain_number(value) for name, value in values.items()})


def plain_number(value: Any) -> Any:
    """A number of NumPy as one of Python; everything else as it is.

    >>> import numpy as np
    >>> from seqgen.config import plain_number
    >>> plain_number(np.int64(3)), plain_number("three")
    (3, 'three')
    """
    return value.item() if getattr(value, "shape", None) == () else value


def checked_path(value: object, field: str) -> Path:
    """The path that a program gives as a field.

    Raises:
        ConfigError: it is none.

    >>> checked_path("checkpoints/story", "folder").name
    'story'
    """
    if not isinstance(value, str | Path) or "\0" in str(value):
        raise ConfigError(f"is {shown(value)}: it must be a path", field=field)
    return Path(value)


@cache
def _hints(cls: type[Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls)}


def _fits(value: object, hint: Any) -> bool:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, choice) for choice in arguments)
    if origin is Literal:
        return any(type(value) is type(choice) and value == choice for choice in arguments)
    if origin is tuple:
        return isinstance(value, tuple) and _items_fit(value, arguments)
    if origin is not None:
        pairs = value.items() if isinstance(value, Mapping) else [(None, None)]  # the only other origin is Mapping
        return all(_fits(key, arguments[0]) and _fits(item, arguments[1]) for key, item in pairs)
    if hint is float:
        if not isinstance(value, int | float) or type(value) is bool:
            return False
        return abs(value) <= sys.float_info.max  # false for NaN, and for whole numbers beyond all floats
    if hint is int:
        return type(value) is int and -_TOO_LARGE < value < _TOO_LARGE
    return type(value) is hint


def _items_fit(items: tuple[object, ...], hints: tuple[Any, ...]) -> bool:
    if hints[-1] is Ellipsis:
        return all(_fits(item, hints[0]) for item in items)
    return len(items) == len(hints) and all(map(_fits, items, hints))


def _describe(hint: Any) -> str:
    """What a value of this type is, in words."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return ", or ".join(map(_describe, arguments))
    if origin is Literal:
        return f"one of {', '.join(map(str, arguments))}"
    if origin is tuple:
        size = "" if arguments[-1] is Ellipsis else f"{len(arguments)} "
        return f"a list of {size}{_plural(arguments[0])}"
    if origin is not None:
        return f"a mapping of {_plural(arguments[0])} to {_plural(arguments[1])}"
    return str(_NAMES.get(hint, hint.__name__))


def _plural(hint: Any) -> str:
    return _PLURALS.get(hint, "values")
