"""Options and fields: which were given, their texts as values, and a table of all fields there are."""

from __future__ import annotations

import dataclasses
import itertools
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, get_args

import typer

from seqgen.cli.shared.render import print_table
from seqgen.config import (
    MODEL_CONFIGS,
    TOKENIZER_CONFIGS,
    Device,
    Documents,
    FieldValue,
    TokenizerConfig,
    TokenizerName,
    TrainingConfig,
    WordConfig,
    fields_of,
    is_chosen,
    resolve_word_split,
)
from seqgen.errors import ConfigError

OPTION_OF_FIELD = {
    "n_layer": "layers",
    "d_model": "width",
    "dropout": "dropout",
    "memory": "memory",
    "learning_rate": "lr",
    "window": "window",
    "n_streams": "streams",
    "clip_norm": "clip",
    "patience": "patience",
    "seed": "seed",
    "precision": "precision",
    "vocab_size": "vocab-size",
    "word_split": "word-split",
}
"""Fields that have an option of their own."""


def option(help: str, *names: str, **more: Any) -> Any:
    """A typer option whose help says its own default, or that there is none."""
    return typer.Option(*names, help=help, show_default=False, **more)


TextArgument = Annotated[
    list[str], typer.Argument(metavar="TEXT...", help="Files, folders, or - for standard input.", show_default=False)
]
TokenizerOption = Annotated[TokenizerName, option("What a token is; char if left out.")]
VocabSizeOption = Annotated[int | None, option("Size of a word or sentencepiece vocabulary.")]
WordSplitOption = Annotated[
    Literal["pattern", "whitespace"] | None, option("Old form of --tokenizer whitespace.", hidden=True)
]
DocumentsOption = Annotated[Documents | None, option("The text is many documents, and this ends each.")]
ValidOption = Annotated[list[str] | None, option("Validation text of its own.")]
EncodingOption = Annotated[str, option("Encoding of the text; utf-8 if left out.")]
DeviceOption = Annotated[Device, option("Where to calculate; auto takes a GPU if there is one.")]


def given_options(ctx: typer.Context) -> dict[str, Any]:
    """The options that stand on the command line, by parameter."""
    return {name: value for name, value in ctx.params.items() if _is_given(ctx, name)}


def _is_given(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT" and ctx.params[name] is not None


def parse_settings(texts: Iterable[str], classes: Iterable[type[Any]]) -> dict[str, FieldValue]:
    """`field=value` texts as values of the first of these classes that has the field.

    Raises:
        ConfigError: no `=`, no such field, or a value that the field cannot have.
    """
    classes = list(classes)
    values: dict[str, FieldValue] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"--set {text}: write it as field=value")
        if name == "word_split" and WordConfig in classes:  # an old field, which `tokenizer_config` understands
            values[name] = value
            continue
        owner = next((config for config in classes if name in fields_of(config)), None)
        if owner is None:
            known = ", ".join(sorted({name for config in classes for name in fields_of(config)}))
            raise ConfigError(f"--set {text}: no field {name!r} here; there is {known}")
        values[name] = parse_field(owner, name, value)
    return values


def tokenizer_config(name: TokenizerName, given: Mapping[str, FieldValue]) -> TokenizerConfig:
    """The configuration of a tokenizer from the fields that the user gave.

    Raises:
        ConfigError: a field that this tokenizer does not have.
    """
    values: dict[str, Any] = {field: value for field, value in given.items() if value is not None}
    if "word_split" in values:
        name = resolve_word_split(name, values.pop("word_split"))
    config = TOKENIZER_CONFIGS[name]
    for field in values:
        if field not in fields_of(config):
            owners = [n for n, other in TOKENIZER_CONFIGS.items() if field in fields_of(other)]
            raise ConfigError(f"{field} does not belong to --tokenizer {name}: it goes with {' or '.join(owners)}")
    return config(**values)


def parse_field(config: type[Any], name: str, text: str) -> FieldValue:
    """The value of a field from text, by the field's annotation; `none` turns off what can be off.

    Raises:
        ConfigError: a text that is not of its type.
    """
    hints = typing.get_type_hints(config)
    hint = hints[name]
    options = get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if types.NoneType in options and text.lower() == "none":
        return None
    for option in options:
        value = _parse_as(option, text)
        if value is not None:
            return value
    wanted = " or ".join(_type_name(option) for option in options)
    raise ConfigError(f"{name} is {text!r}: it must be {wanted}")


def _parse_as(option: object, text: str) -> FieldValue:
    if option is bool:
        return {"true": True, "false": False}.get(text.lower())
    if option in (int, float):
        try:
            return int(text) if option is int else float(text)
        except ValueError:
            return None
    return text if option is str or text in get_args(option) else None


def _type_name(option: object) -> str:
    if option is bool:
        return "true or false"
    names: dict[object, str] = {int: "a whole number", float: "a number", str: "text", types.NoneType: "none"}
    return names.get(option) or "one of " + ", ".join(map(str, get_args(option)))


def print_fields() -> None:
    """Every field that --set takes, with its default and the models or tokenizers it belongs to."""
    owners = itertools.chain(MODEL_CONFIGS.items(), TOKENIZER_CONFIGS.items(), [("training", TrainingConfig)])
    rows: dict[str, list[str]] = {}
    for owner, config in owners:
        for name, field in fields_of(config).items():
            if name == "vocab_size" and owner in MODEL_CONFIGS:
                continue  # it is the tokenizer's
            option = f"--{OPTION_OF_FIELD[name]}" if name in OPTION_OF_FIELD else ""
            rows.setdefault(name, [name, option, _default(field), ""])[3] += f" {owner}"
    print_table(["field", "option", "default", "belongs to"], list(rows.values()), n_left=4)


def _default(field: dataclasses.Field[Any]) -> str:
    return "chosen" if is_chosen(field) else str(field.default).lower()
