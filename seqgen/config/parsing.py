"""Configuration fields from text: `field=value` settings, as a command line or an interface has them."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from seqgen.config.fields import FieldValue, fields_of
from seqgen.config.quantities import parse_bytes
from seqgen.config.tokenizers import (
    TOKENIZER_CONFIGS,
    TokenizerConfig,
    TokenizerName,
    WordConfig,
    resolve_word_split,
)
from seqgen.errors import ConfigError, did_you_mean

_ESCAPED = {"n": "\n", "t": "\t", "\\": "\\"}
"""The character after a backslash -> what the two stand for."""


def parse_settings(texts: Iterable[str], classes: Iterable[type[Any]]) -> dict[str, FieldValue]:
    """Parse texts such as `beta1=0.8`. Each value gets the type of its field, in the first class that has the field.

    >>> from seqgen.config import LstmConfig, TrainingConfig, parse_settings
    >>> parse_settings(["forget_bias=2", "clip_norm=none", "optimizer=adamw"], [LstmConfig, TrainingConfig])
    {'forget_bias': 2.0, 'clip_norm': None, 'optimizer': 'adamw'}

    Raises:
        ConfigError: a text has no `=`, no class has its field, or the field cannot have its value.
    """
    classes = list(classes)
    values: dict[str, FieldValue] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"{text!r} sets nothing: write it as field=value")
        if name == "word_split" and WordConfig in classes:  # an old field, which `tokenizer_config` understands
            values[name] = value
            continue
        owner = next((config for config in classes if name in fields_of(config)), None)
        if owner is None:
            known = {field for config in classes for field in fields_of(config)}
            advice = did_you_mean(name, known) or ": `seqgen train --fields` lists all fields"
            raise ConfigError(f"{text!r} sets an unknown field{advice}")
        values[name] = parse_field(owner, name, value)
    return values


def parse_field(config: type[Any], name: str, text: str) -> FieldValue:
    """The value of a field from text, by the type of the field; `none` turns off a field that can be off.

    A field in bytes, as its name says, takes a size with a unit.

    >>> from seqgen.config import TransformerConfig, parse_field
    >>> parse_field(TransformerConfig, "n_head", "4"), parse_field(TransformerConfig, "tie_weights", "true")
    (4, True)

    Raises:
        ConfigError: the text is not a value of that type.
    """
    if name.endswith("_bytes"):
        return parse_bytes(text, field=name)
    hint = typing.get_type_hints(config)[name]
    allowed_types = get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if types.NoneType in allowed_types and text.lower() == "none":
        return None
    for allowed_type in allowed_types:
        value = _parse_as(allowed_type, text)
        if value is not None:
            return value
    allowed = " or ".join(map(_describe_type, allowed_types))
    raise ConfigError(f"{name} is {text!r}: it must be {allowed}")


def tokenizer_config(name: TokenizerName, settings: Mapping[str, FieldValue]) -> TokenizerConfig:
    """The configuration of a tokenizer with some of its fields set.

    >>> from seqgen.config import tokenizer_config
    >>> tokenizer_config("word", {"vocab_size": 5000})
    WordConfig(vocab_size=5000)

    Raises:
        ConfigError: this tokenizer does not have one of the fields.
    """
    values: dict[str, Any] = dict(settings)
    if "word_split" in values:
        name = resolve_word_split(name, values.pop("word_split"))
    config = TOKENIZER_CONFIGS[name]
    for field in values:
        if field not in fields_of(config):
            owners = [owner for owner, other in TOKENIZER_CONFIGS.items() if field in fields_of(other)]
            raise ConfigError(
                f"does not belong to the tokenizer {name}: it belongs to {' or '.join(owners)}", field=field
            )
    return config(**values)


def unescape(text: str) -> str:
    r"""The text that a user means who cannot type every character: \n stands for a line end, \t for a tab, and \\ for a
    backslash. A backslash before anything else is itself.

    >>> from seqgen.config import unescape
    >>> unescape(r"THE END\n"), unescape(r"\begin")
    ('THE END\n', '\\begin')
    """
    return re.sub(r"\\([nt\\])", lambda found: _ESCAPED[found[1]], text)


def parse_bias(texts: Iterable[str]) -> dict[str, float]:
    """Parse texts such as `the end=-2` into phrases and what is added to their logits.

    >>> from seqgen.config import parse_bias
    >>> parse_bias(["!=-2", "a=b=0.5"])
    {'!': -2.0, 'a=b': 0.5}

    Raises:
        ConfigError: a text has no number after its last `=`.
    """
    values: dict[str, float] = {}
    for text in texts:
        phrase, equals, number = text.rpartition("=")
        try:
            values[phrase] = float(number)
        except ValueError:
            equals = ""
        if not equals:
            raise ConfigError(f"the bias {text!r} has no number: write it as TEXT=NUMBER")
    return values


def _parse_as(allowed_type: object, text: str) -> FieldValue:
    """The text as a value of one type; None if it is not such a value."""
    if allowed_type is bool:
        return {"true": True, "false": False}.get(text.lower())
    if allowed_type in (int, float):
        try:
            return int(text) if allowed_type is int else float(text)
        except ValueError:
            return None
    return text if allowed_type is str or text in get_args(allowed_type) else None


def _describe_type(allowed_type: object) -> str:
    if allowed_type is bool:
        return "true or false"
    names: dict[object, str] = {int: "a whole number", float: "a number", str: "text", types.NoneType: "none"}
    return names.get(allowed_type) or "one of " + ", ".join(map(str, get_args(allowed_type)))
