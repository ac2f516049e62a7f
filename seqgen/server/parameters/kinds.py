"""Kinds of values in a request: each checks a value that came as JSON, and has a JSON Schema that says the same."""

from __future__ import annotations

import re
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, final

Schema = dict[str, Any]

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class Kind(ABC):
    """A kind of value."""

    @property
    @abstractmethod
    def allowed(self) -> str:
        """What a value must be, in words, as the end of a sentence that begins with "it must be"."""

    @abstractmethod
    def accepts(self, value: Any) -> bool:
        """Whether a value is of this kind."""

    @abstractmethod
    def schema(self) -> Schema:
        """The same as a JSON Schema."""


@final
@dataclass(frozen=True, kw_only=True)
class Number(Kind):
    """A finite number.

    >>> Number(least=0, most=1).allowed, Number(above=0).accepts(0), Number(least=0).accepts(0)
    ('a number from 0 to 1', False, True)
    """

    least: float | None = None
    above: float | None = None
    most: float | None = None

    @property
    def allowed(self) -> str:
        above = "" if self.above is None else f" above {self.above:g}"
        return f"a number{above}{_range_in_words(self.least, self.most, joined=bool(above))}"

    def accepts(self, value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        is_above = self.above is None or value > self.above
        return _is_float(value) and is_above and _is_within(value, self.least, self.most)

    def schema(self) -> Schema:
        above = {} if self.above is None else {"exclusiveMinimum": self.above}
        return {"type": "number", **above, **_range_of(self.least, self.most)}


@final
@dataclass(frozen=True, kw_only=True)
class Whole(Kind):
    """A whole number. `1.0` is one too, as JSON Schema has it.

    >>> Whole(least=1).accepts(2.0), Whole(least=1).accepts(True), Whole(least=1, most=9).allowed
    (True, False, 'a whole number from 1 to 9')
    """

    least: int | None = None
    most: int | None = None

    @property
    def allowed(self) -> str:
        return f"a whole number{_range_in_words(self.least, self.most)}"

    def accepts(self, value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return _is_float(value) and value == int(value) and _is_within(value, self.least, self.most)

    def schema(self) -> Schema:
        return {"type": "integer", **_range_of(self.least, self.most)}


@final
@dataclass(frozen=True)
class Flag(Kind):
    """True or false.

    >>> Flag().accepts(1), Flag().accepts(True)
    (False, True)
    """

    @property
    def allowed(self) -> str:
        return "true or false"

    def accepts(self, value: Any) -> bool:
        return isinstance(value, bool)

    def schema(self) -> Schema:
        return {"type": "boolean"}


@final
@dataclass(frozen=True, kw_only=True)
class Text(Kind):
    """A text without half characters (lone surrogates), which no encoding can hold.

    >>> Text(longest=3).accepts("abc"), Text(longest=3).accepts("abcd"), Text(longest=3).allowed
    (True, False, 'a text of at most 3 characters')
    """

    longest: int

    @property
    def allowed(self) -> str:
        return f"a text of at most {self.longest:,} characters"

    def accepts(self, value: Any) -> bool:
        return isinstance(value, str) and len(value) <= self.longest and not _LONE_SURROGATE.search(value)

    def schema(self) -> Schema:
        return {"type": "string", "maxLength": self.longest}


@final
@dataclass(frozen=True, kw_only=True)
class ListOf(Kind):
    """A list of values of one kind.

    >>> ListOf(of=Flag(), least=1, most=2).accepts([]), ListOf(of=Whole(), most=2).allowed
    (False, 'a list of at most 2, each a whole number')
    """

    of: Kind
    most: int
    least: int = 0

    @property
    def allowed(self) -> str:
        count = f"{self.least} to {self.most:,}" if self.least else f"at most {self.most:,}"
        return f"a list of {count}, each {self.of.allowed}"

    def accepts(self, value: Any) -> bool:
        return isinstance(value, list) and self.least <= len(value) <= self.most and all(map(self.of.accepts, value))

    def schema(self) -> Schema:
        least = {"minItems": self.least} if self.least else {}
        return {"type": "array", "items": self.of.schema(), **least, "maxItems": self.most}


@final
@dataclass(frozen=True, kw_only=True)
class MapOf(Kind):
    """An object whose keys are texts, not empty and not too long, and whose values are of one kind.

    >>> MapOf(of=Number(), keys="[0-9]+", named="token ids", most=9).accepts({"7": 1.5})
    True
    """

    of: Kind
    most: int
    named: str
    """What the keys are, in words."""
    longest_key: int = 64
    keys: str | None = None
    """A pattern that every key matches; None: no pattern."""

    @property
    def allowed(self) -> str:
        return f"an object with at most {self.most:,} {self.named}, each with a value: {self.of.allowed}"

    def accepts(self, value: Any) -> bool:
        if not isinstance(value, dict) or len(value) > self.most:
            return False
        return all(map(self._is_key, value)) and all(map(self.of.accepts, value.values()))

    def schema(self) -> Schema:
        names: Schema = {"minLength": 1, "maxLength": self.longest_key}
        names |= {} if self.keys is None else {"pattern": f"^(?:{self.keys})$"}
        own = self.of.schema()
        return {"type": "object", "propertyNames": names, "additionalProperties": own, "maxProperties": self.most}

    def _is_key(self, key: str) -> bool:
        is_match = self.keys is None or re.fullmatch(self.keys, key) is not None
        return is_match and 0 < len(key) <= self.longest_key and not _LONE_SURROGATE.search(key)


@final
@dataclass(frozen=True)
class OneOf(Kind):
    """A value of any of several kinds.

    >>> OneOf((Flag(), Whole())).accepts(3), OneOf((Flag(), Whole())).allowed
    (True, 'true or false, or a whole number')
    """

    kinds: tuple[Kind, ...]

    @property
    def allowed(self) -> str:
        return ", or ".join(kind.allowed for kind in self.kinds)

    def accepts(self, value: Any) -> bool:
        return any(kind.accepts(value) for kind in self.kinds)

    def schema(self) -> Schema:
        return {"anyOf": [kind.schema() for kind in self.kinds]}


def _range_in_words(least: float | None, most: float | None, *, joined: bool = False) -> str:
    if least is not None and most is not None:
        return f" from {least:,} to {most:,}"
    if least is not None:
        return f", {least:,} or more"
    return "" if most is None else f"{' and' if joined else ''} at most {most:,}".replace("  ", " ")


def _range_of(least: float | None, most: float | None) -> Schema:
    bounds = {"minimum": least, "maximum": most}
    return {name: bound for name, bound in bounds.items() if bound is not None}


def _is_within(value: float, least: float | None, most: float | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)


def _is_float(value: float) -> bool:
    """Whether a number is one that a float can hold."""
    return -sys.float_info.max <= value <= sys.float_info.max
