"""Fields of configurations: their values, their checks, and how to list them."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, get_args

from seqgen.errors import ConfigError

FieldValue = int | float | bool | str | None


def fields_of(config: type[Any]) -> dict[str, dataclasses.Field[Any]]:
    """Name -> field of a configuration class."""
    return {field.name: field for field in dataclasses.fields(config)}


def is_chosen(field: dataclasses.Field[Any]) -> bool:
    """Whether `resolve` fills the field from the corpus and the budget."""
    return field.default is dataclasses.MISSING


def require(config: object, field: str, holds: bool, allowed: str) -> None:
    """Refuse the value of a field unless the condition holds and the value is finite.

    Raises:
        ConfigError: naming the field, its value and what is allowed.
    """
    value = getattr(config, field)
    if not holds or (isinstance(value, float) and not math.isfinite(value)):
        raise ConfigError(f"{field} is {value!r}: it must be {allowed}")


def require_finite(config: object, *fields: str) -> None:
    """Refuse infinity and NaN."""
    for field in fields:
        require(config, field, math.isfinite(getattr(config, field)), "a finite number")


def require_sizes(config: object, *fields: str) -> None:
    """Refuse everything below 1."""
    for field in fields:
        require(config, field, getattr(config, field) >= 1, "1 or more")


def require_choice(config: object, field: str, choices: object) -> None:
    """Refuse a value that is not among those of a `Literal`."""
    names = get_args(choices)
    require(config, field, getattr(config, field) in names, "one of " + ", ".join(names))
