"""A table of parameters: reads the body of a request, and describes it as a JSON Schema."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from seqgen.errors import ConfigError
from seqgen.server.parameters.kinds import Kind, Schema

_MOST_NAMED = 10
"""Unknown fields that are named in a warning."""
_SHOWN = reprlib.Repr()
_SHOWN.maxstring = _SHOWN.maxother = 60
_SHOWN.maxlevel = 2


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One field of a request."""

    kind: Kind
    help: str
    """What the description says of it."""
    is_required: bool = False

    def read(self, name: str, value: Any) -> Any:
        """The value, if it is of the kind.

        Raises:
            ConfigError: it is not.

        >>> from seqgen.server.parameters.kinds import Whole
        >>> Parameter(kind=Whole(least=1), help="How many.").read("n", 0)
        Traceback (most recent call last):
        seqgen.errors.ConfigError: n is 0: it must be a whole number, 1 or more
        """
        if not self.kind.accepts(value):
            raise ConfigError(f"is {shown(value)}: it must be {self.kind.allowed}", field=name)
        return value


Table = Mapping[str, Parameter]
"""Name of a field -> what it may be. A field that is null counts as left out, as OpenAI's API has it."""


class Fields(NamedTuple):
    """What a request says."""

    values: dict[str, Any]
    """Of the fields that are in the table and were not left out."""
    unknown: tuple[str, ...]
    """Names of fields that are not in the table, which are ignored."""

    @property
    def warnings(self) -> list[str]:
        """What the client should know about its request, in sentences.

        >>> Fields({}, ("suffix", "user")).warnings
        ['ignored, because the server does not know them: suffix, user']
        """
        if not self.unknown:
            return []
        named, n_more = ", ".join(map(_short, self.unknown[:_MOST_NAMED])), len(self.unknown) - _MOST_NAMED
        more = f" and {n_more} more" if n_more > 0 else ""
        return [f"ignored, because the server does not know them: {named}{more}"]


def read_fields(body: Any, table: Table) -> Fields:
    """Check the body of a request against a table.

    Raises:
        ConfigError: it is no object, a required field is missing, or a value is not what it must be.

    >>> from seqgen.server.parameters.kinds import Text
    >>> table = {"prompt": Parameter(kind=Text(longest=5), help="What to continue.", is_required=True)}
    >>> read_fields({"prompt": "Mina", "user": "me"}, table)
    Fields(values={'prompt': 'Mina'}, unknown=('user',))
    >>> read_fields({"prompt": None}, table)
    Traceback (most recent call last):
    seqgen.errors.ConfigError: prompt is missing: it must be a text of at most 5 characters
    """
    if not isinstance(body, dict):
        raise ConfigError(f"the body is {shown(body)}: it must be a JSON object")
    given = {name: value for name, value in body.items() if value is not None}
    for name, parameter in table.items():
        if parameter.is_required and name not in given:
            raise ConfigError(f"is missing: it must be {parameter.kind.allowed}", field=name)
    values = {name: parameter.read(name, given[name]) for name, parameter in table.items() if name in given}
    return Fields(values, tuple(name for name in given if name not in table))


def schema_of(table: Table) -> Schema:
    """The JSON Schema of a body.

    >>> from seqgen.server.parameters.kinds import Flag
    >>> schema_of({"echo": Parameter(kind=Flag(), help="Say it again.")})["properties"]["echo"]["anyOf"]
    [{'type': 'boolean'}, {'type': 'null'}]
    """
    required = [name for name, parameter in table.items() if parameter.is_required]
    return {
        "type": "object",
        "properties": {name: _schema_of_field(parameter) for name, parameter in table.items()},
        **({"required": required} if required else {}),
    }


def shown(value: Any) -> str:
    """A value in a message, cut off if it is long.

    >>> shown("x" * 1000)
    "'xxxxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxxxxxxxxxxxxxxxxxxxxxx'"
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return ascii_only(_SHOWN.repr(value))


def ascii_only(text: str) -> str:
    """A text without half characters, which no answer could hold."""
    return text.encode("utf-8", "backslashreplace").decode()


def _short(name: str) -> str:
    return shown(name)[1:-1]


def _schema_of_field(parameter: Parameter) -> Schema:
    own = parameter.kind.schema()
    if parameter.is_required:
        return {**own, "description": parameter.help}
    return {"anyOf": [*own.get("anyOf", [own]), {"type": "null"}], "description": parameter.help}
