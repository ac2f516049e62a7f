"""What a program gives to a method, checked before anything is done with it."""

from __future__ import annotations

from typing import Any

from seqgen.errors import ConfigError
from seqgen.wording import shown


def checked_text(text: object, field: str) -> str:
    """The text that a program gives as an argument.

    Raises:
        ConfigError: it is none.

    >>> checked_text(b"Mina", "prompt")
    Traceback (most recent call last):
    seqgen.errors.ConfigError: prompt is b'Mina': it must be a text
    """
    if not isinstance(text, str):
        raise ConfigError(f"is {shown(text)}: it must be a text", field=field)
    return text


def checked_list(values: object, field: str, *, of: str) -> list[Any]:
    """The values that a program gives as an argument; `of` says what they are, each of which is not checked.

    Raises:
        ConfigError: they cannot be listed.

    >>> checked_list((1, 2), "ids", of="token ids")
    [1, 2]
    >>> checked_list(5, "ids", of="token ids")
    Traceback (most recent call last):
    seqgen.errors.ConfigError: ids is 5: it must be a list of token ids
    """
    try:
        each = iter(values)  # type: ignore[call-overload]
    except TypeError:
        raise ConfigError(f"is {shown(values)}: it must be a list of {of}", field=field) from None
    return list(each)
