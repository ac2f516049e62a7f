"""Options are declared once, as fields of a dataclass, and each reaches its command."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import sys
from pathlib import Path
from typing import Annotated, ClassVar

import pytest

from seqgen import cli
from seqgen.cli.shared.options import (
    Argument,
    Combinations,
    Option,
    Options,
    declarations,
    require_at_least,
    require_combination,
    settings_of,
)
from seqgen.config import (
    MODEL_CONFIGS,
    TOKENIZER_CONFIGS,
    ExportConfig,
    FillConfig,
    SamplingConfig,
    ServingConfig,
    TrainingConfig,
    fields_of,
)
from seqgen.errors import ConfigError
from tests.cli.parsing import parse

for path in sorted((Path(cli.__file__).parent).rglob("*options.py")):  # commands are loaded when they are named
    importlib.import_module(".".join(path.with_suffix("").relative_to(Path(cli.__file__).parents[2]).parts))

ALL_OPTIONS = [options for options in Options.__subclasses__() if options.__module__.startswith("seqgen.")]
every_class = pytest.mark.parametrize("options", ALL_OPTIONS, ids=lambda options: options.__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SongOptions(Options):
    """Options of a command that only this test has."""

    combinations: ClassVar[Combinations] = Combinations(
        only_with={"quiet": frozenset({"voices"})},
        apart=(("loud", "tempo"),),
        needs={"key_of": "voices"},
        reasons={"quiet": "sings alone"},
    )

    voices: Annotated[tuple[str, ...], Argument(help="Who sings.", metavar="VOICE")] = ()
    tempo: Annotated[int | None, Option(help="Beats a minute.")] = 120
    key_of: Annotated[tuple[float, ...], Option(help="Keys.")] = (1.0,)
    loud: Annotated[bool, Option(help="Sing loudly.")] = False
    quiet: Annotated[bool, Option(help="Sing quietly.")] = False
    from_: Annotated[str, Option(help="Where to begin.", sets="start")] = "the top"
    as_json: Annotated[bool, Option(help="Print JSON.")] = False


def test_what_is_left_out_keeps_its_default_and_is_not_given() -> None:
    assert parse(SongOptions) == SongOptions()
    assert parse(SongOptions).given == frozenset()


def test_what_is_given_reaches_its_field_and_is_known_as_given() -> None:
    options = parse(
        SongOptions, "alto", "bass", "--tempo", "120", "--key-of", "2", "--key-of", "3", "--from", "b", "--json"
    )
    assert (options.voices, options.tempo, options.key_of) == (("alto", "bass"), 120, (2.0, 3.0))
    assert (options.from_, options.as_json, options.loud) == ("b", True, False)
    assert options.given == {"voices", "tempo", "key_of", "from_", "as_json"}
    assert settings_of(options) == {"start": "b"}
    assert settings_of(SongOptions()) == {}


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"quiet", "voices"}, None),
        (
            {"quiet", "tempo", "as_json"},
            "--json and --tempo cannot be given with --quiet, which sings alone: leave out --json and --tempo",
        ),
        ({"loud", "tempo"}, "--loud and --tempo cannot be given together: leave out one of them"),
        ({"key_of"}, "--key-of means nothing without VOICE: add VOICE, or leave --key-of out"),
        ({"key_of", "voices"}, None),
        ({"quiet", "from_"}, "--from cannot be given with --quiet, which sings alone: leave out --from"),
    ],
)
def test_options_that_do_not_go_together_are_named_as_the_user_wrote_them(given: set[str], refusal: str | None) -> None:
    options = SongOptions(given=frozenset(given))
    if refusal is None:
        require_combination(options)
    else:
        with pytest.raises(ConfigError) as raised:
            require_combination(options)
        assert str(raised.value) == refusal


def test_a_number_that_is_too_small_is_refused() -> None:
    require_at_least(SongOptions(tempo=None), 1, "tempo")
    with pytest.raises(ConfigError, match=r"^--tempo is 0: it must be 1 or more$"):
        require_at_least(SongOptions(tempo=0), 1, "tempo")


@every_class
def test_combinations_name_fields(options: type[Options]) -> None:
    rules = options.combinations
    names = {*rules.only_with, *rules.needs, *rules.needs.values()}.union(*rules.apart, *rules.only_with.values())
    assert names <= declarations(options).keys()


@every_class
def test_every_field_is_an_option(options: type[Options]) -> None:
    assert {field.name for field in dataclasses.fields(options)} - {"given"} == declarations(options).keys()


@every_class
def test_every_field_is_read_by_name_or_sets_a_field_of_a_configuration(options: type[Options]) -> None:
    folder = Path(sys.modules[options.__module__].__file__ or "").parent
    nodes = [node for path in folder.rglob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    read = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "options"
    }
    configs = (
        *MODEL_CONFIGS.values(),
        TrainingConfig,
        SamplingConfig,
        FillConfig,
        ExportConfig,
        ServingConfig,
        *TOKENIZER_CONFIGS.values(),
    )
    configured = {"word_split", *(name for config in configs for name in fields_of(config))}
    for name, (_, declaration) in declarations(options).items():
        if isinstance(declaration, Option) and declaration.sets:
            assert declaration.sets in configured
        else:
            assert name in {*read, "max_bytes"}  # which `typer_command` reads for all commands


@every_class
def test_whoever_says_where_a_text_is_or_how_it_is_encoded_may_say_how_long_it_is(options: type[Options]) -> None:
    fields = declarations(options).keys()
    assert "max_bytes" in fields or not {"corpus", "encoding"} & fields
