"""The fields of configurations: how to list them, and how a configuration checks the value of one."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, get_args

from seqgen.errors import ConfigError
from seqgen.wording import shown

FieldValue = int | float | bool | str | None

MOST = 2**31 - 1
"""The most of anything that a field counts, unless the field says otherwise. More is absurd on any machine."""
LARGEST = 1e30
"""The largest value of a field that is not whole. A float32 still holds it and some multiples of it."""


def fields_of(config: type[Any]) -> dict[str, dataclasses.Field[Any]]:
    """The fields of a configuration class, by name.

    >>> from seqgen.config import WordConfig, fields_of
    >>> list(fields_of(WordConfig))
    ['vocab_size']
    """
    return {field.name: field for field in dataclasses.fields(config)}


def is_chosen(field: dataclasses.Field[Any]) -> bool:
    """Whether seqgen chooses the value of a field that the user leaves out, to suit the text and the budget.

    Such a field has no default.

    >>> from seqgen.config import TrainingConfig, fields_of, is_chosen
    >>> fields = fields_of(TrainingConfig)
    >>> is_chosen(fields["learning_rate"]), is_chosen(fields["seed"])
    (True, False)
    """
    return field.default is dataclasses.MISSING


def require(config: object, field: str, is_allowed: bool, allowed: str) -> None:
    """Refuse the value of a field unless it is allowed. Infinity and NaN never are.

    A whole number is named as it is mostly written: 0, though the field holds 0.0.

    Raises:
        ConfigError: naming the field, its value and what is allowed.
    """
    value = getattr(config, field)
    if not is_allowed or (isinstance(value, float) and not math.isfinite(value)):
        raise ConfigError(f"is {repr(value).removesuffix('.0')}: it must be {allowed}", field=field)


def require_finite(config: object, *fields: str) -> None:
    """Refuse infinity, NaN and what is larger than any computation survives. None is allowed.

    Raises:
        ConfigError: naming the first such field and its value.
    """
    for field in fields:
        value = getattr(config, field)
        if value is not None:
            require(config, field, abs(value) < math.inf, "a finite number")
            require(config, field, value <= LARGEST, f"{LARGEST:g} or less")
            require(config, field, value >= -LARGEST, f"{-LARGEST:g} or more")


def require_sizes(config: object, *fields: str, most: int = MOST) -> None:
    """Refuse everything below 1, and what is absurd on any machine.

    Raises:
        ConfigError: naming the first such field and its value.
    """
    for field in fields:
        require(config, field, getattr(config, field) >= 1, "1 or more")
        require_at_most(config, field, most=most)


def require_at_most(config: object, *fields: str, most: int = MOST) -> None:
    """Refuse what is absurd on any machine. None is allowed.

    Raises:
        ConfigError: naming the first such field and its value.
    """
    for field in fields:
        value = getattr(config, field)
        require(config, field, value is None or value <= most, f"{most:,} or less")


def require_shares(config: object, *fields: str) -> None:
    """Refuse everything but shares below the whole."""
    for field in fields:
        require(config, field, 0 <= getattr(config, field) < 1, "at least 0 and less than 1")


def require_choice(config: object, field: str, choices: object) -> None:
    """Refuse a value that is not one of a `Literal`.

    Raises:
        ConfigError: naming the field, its value and the choices.
    """
    require_name(field, getattr(config, field), choices)


def require_name(field: str, value: object, choices: object) -> None:
    """The same for a value that is in no configuration.

    Raises:
        ConfigError: naming the field, the value and the choices.

    >>> from seqgen.config import Device
    >>> require_name("device", "gpu", Device)
    Traceback (most recent call last):
    seqgen.errors.ConfigError: device is 'gpu': it must be one of auto, cpu, cuda, mps
    """
    names = get_args(choices)
    if not isinstance(value, str) or value not in names:
        raise ConfigError(f"is {shown(value)}: it must be one of {', '.join(names)}", field=field)
