"""How a command declares its options: as the fields of one frozen dataclass, which is also what the command receives.

An option is spelled like its field, with dashes. An underscore at the end of the field (`from_`) and `as_` before it
(`as_json`) only keep the name clear of Python's own, and are not part of the spelling.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from seqgen.config import Device, FieldValue, Part, TokenizerChoice, TokenizerName
from seqgen.errors import ConfigError

_MOST = 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class Option:
    """What the help says of an option; stands beside the type of its field."""

    help: str
    metavar: str | None = None
    """Stands for the value in the help; None shows the type."""
    sets: str | None = None
    """The configuration field that the option sets, as `--set FIELD=VALUE` would."""
    shows_default: bool = True
    """Whether the help shows the default. A default that changes nothing need not be shown."""
    short: str | None = None
    """One dash and one letter that mean the same."""
    has_opposite: bool = False
    """Whether there is also a `--no-` form, which sets the field to false."""
    is_hidden: bool = False
    """Whether the help leaves the option out. Old forms still work, but are hidden."""


@dataclass(frozen=True, kw_only=True)
class Argument:
    """What the help says of a value that is given without an option's name."""

    help: str
    metavar: str


@dataclass(frozen=True, kw_only=True)
class Combinations:
    """Which options of a command go together. Options are named by their fields."""

    only_with: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """An option -> the only options that it goes with."""
    apart: tuple[tuple[str, str], ...] = ()
    """Pairs of options that do not go together."""
    needs: Mapping[str, str] = field(default_factory=dict)
    """An option -> the option without which it means nothing."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """An option -> what it does, as the reason why others cannot be given with it."""
    off: Mapping[str, str] = field(default_factory=dict)
    """An option -> the value with which it goes with the options that it does not go with otherwise."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of one command. A derived class has a field for each, annotated with an `Option` or `Argument`.

    A field with a default is optional. `given` has the names of the fields that the user set, whatever the values are.
    """

    combinations: ClassVar[Combinations] = Combinations()

    given: frozenset[str] = frozenset()


def declarations(options: type[Options]) -> dict[str, tuple[Any, Option | Argument]]:
    """Field -> its type, and what was declared about it."""
    hints = typing.get_type_hints(options, include_extras=True)
    declared: dict[str, tuple[Any, Option | Argument]] = {}
    for name in (item.name for item in dataclasses.fields(options)):
        for extra in getattr(hints[name], "__metadata__", ()):
            if isinstance(extra, Option | Argument):
                declared[name] = hints[name].__origin__, extra
    return declared


def spell(name: str, declaration: Option | Argument) -> str:
    """How the user writes a field: `--valid-fraction`, or `TEXT` for an argument."""
    if isinstance(declaration, Argument):
        return declaration.metavar
    return "--" + name.removeprefix("as_").rstrip("_").replace("_", "-")


def require_combination(options: Options) -> None:
    """Check that the options that were given go together.

    Raises:
        ConfigError: they do not.
    """
    rules, given = options.combinations, options.given
    for name, allowed in rules.only_with.items():
        if name in given:
            _refuse(options, name, given - allowed - {name})
    for first, second in rules.apart:
        is_off = first in rules.off and getattr(options, first) == rules.off[first]
        if first in given and not is_off:
            _refuse(options, first, given & {second})
    for name, needed in rules.needs.items():
        if name in given and needed not in given:
            own, missing = (_spelling(options, option) for option in (name, needed))
            raise ConfigError(f"{own} means nothing without {missing}: add {missing}, or leave {own} out")


def _refuse(options: Options, name: str, others: frozenset[str]) -> None:
    if not others:
        return
    own, names = _spelling(options, name), _enumerate(sorted(_spelling(options, other) for other in others))
    reason = options.combinations.reasons.get(name)
    if reason is None:
        raise ConfigError(f"{own} and {names} cannot be given together: leave out one of them")
    raise ConfigError(f"{names} cannot be given with {own}, which {reason}: leave out {names}")


def require_none(options: Options, names: Collection[str], *, reason: str) -> None:
    """Check that none of some options was given.

    Raises:
        ConfigError: one or more were.
    """
    if given := sorted(_spelling(options, name) for name in options.given & set(names)):
        raise ConfigError(f"{_enumerate(given)} cannot be given for {reason}: leave out {_enumerate(given)}")


def _enumerate(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def require_at_least(options: Options, least: int, *names: str) -> None:
    """Check numbers that are not fields of a configuration, which would check itself.

    Raises:
        ConfigError: one is too small, or so large that no computer counts so far.
    """
    for name in names:
        value = getattr(options, name)
        if value is not None and value < least:
            raise ConfigError(f"{_spelling(options, name)} is {value}: it must be {least} or more")
        if value is not None and value > _MOST:
            raise ConfigError(f"{_spelling(options, name)} is {value}: it must be {_MOST:,} or less")


def require_seed(seed: int) -> None:
    """Check a seed that no configuration checks.

    Raises:
        ConfigError: PyTorch or NumPy cannot take it.
    """
    if not 0 <= seed < 2**63:
        raise ConfigError(f"is {seed}: it must be from 0 to 2^63 - 1", field="seed")


def _spelling(options: Options, name: str) -> str:
    return spell(name, declarations(type(options))[name][1])


def settings_of(options: Options) -> dict[str, FieldValue]:
    """The configuration fields that options of their own set, where the user gave them."""
    return {
        declaration.sets: getattr(options, name)
        for name, (_, declaration) in declarations(type(options)).items()
        if isinstance(declaration, Option) and declaration.sets and name in options.given
    }


def as_typed(error: ConfigError, options: Options) -> ConfigError:
    """The error with the option that the user typed in the place of the field that it set.

    A field that was named as such, as in `--set top_p=2`, keeps its name.
    """
    for name, (_, declaration) in declarations(type(options)).items():
        field_name = declaration.sets if isinstance(declaration, Option) and declaration.sets else name
        if field_name == error.field and name in options.given:
            return ConfigError(f"{spell(name, declaration)} {error.problem}")
    return error


RunArgument = Annotated[
    str | None, Argument(help="Run folder, .safetensors file or base; the newest run if left out.", metavar="RUN")
]
RunsArgument = Annotated[
    tuple[str, ...],
    Argument(help="Run folders, .safetensors files or bases; the newest run if left out.", metavar="RUN"),
]
CorpusOption = Annotated[tuple[str, ...], Option(help="Where the training text is, if it has moved.", metavar="FILE")]
PartOption = Annotated[Part, Option(help="Part of the run's own corpus to score.")]
TokenizerOption = Annotated[TokenizerName, Option(help="What a token is.")]
TokenizerChoiceOption = Annotated[
    TokenizerChoice, Option(help="What a token is; auto takes the best of several in short trials.")
]
VocabSizeOption = Annotated[int | None, Option(help="Vocabulary size of words or sentencepiece.", sets="vocab_size")]
WordSplitOption = Annotated[
    Literal["pattern", "whitespace"] | None,
    Option(help="Old form of --tokenizer whitespace.", sets="word_split", is_hidden=True),
]
DocumentsOption = Annotated[
    str | None,
    Option(help="What ends a document: line, blank-line, file, a line of your own, or re:REGEX.", metavar="WHAT"),
]
IncludeOption = Annotated[tuple[str, ...], Option(help="Of a folder, read only files like *.txt.", metavar="PATTERN")]
ExcludeOption = Annotated[tuple[str, ...], Option(help="Of a folder, leave out such files.", metavar="PATTERN")]
FieldOption = Annotated[str | None, Option(help="Field of JSON Lines or CSV with the texts.", metavar="NAME")]
ValidOption = Annotated[tuple[str, ...], Option(help="Separate validation text; may be repeated.", metavar="FILE")]
EncodingOption = Annotated[str, Option(help="Encoding of the text.", metavar="NAME")]
MaxBytesOption = Annotated[str | None, Option(help="Most a compressed text unpacks to: 2GB, 2GiB.", metavar="SIZE")]
DeviceOption = Annotated[Device, Option(help="Where to compute; auto uses a GPU if there is one.")]
JsonOption = Annotated[bool, Option(help="Print JSON.")]
RawOption = Annotated[bool, Option(help="Let control characters act on the terminal.")]


def parse_columns(text: str | None) -> tuple[str, str] | None:
    """The names of the two columns, from a text such as `text,label`; None if none is given.

    >>> from seqgen.cli.shared.options import parse_columns
    >>> parse_columns("text,label")
    ('text', 'label')

    Raises:
        ConfigError: it is no two names, or twice the same.
    """
    if text is None:
        return None
    source, _, target = text.partition(",")
    if not (source and target and source != target):
        raise ConfigError(f"--columns is {text!r}: it must be two different names, as in --columns text,label")
    return source, target
