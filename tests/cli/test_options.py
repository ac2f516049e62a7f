"""Options are declared once, as fields of a dataclass: each reaches its command, and each changes something."""

from __future__ import annotations

import ast
import dataclasses
import sys
from pathlib import Path
from typing import Annotated, ClassVar, TypeVar

import pytest
import typer
from typer.testing import CliRunner, Result

from seqgen.cli import app
from seqgen.cli.sample.options import SampleOptions
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
from seqgen.cli.shared.typer_commands import typer_command
from seqgen.cli.train.options import PlanOptions, RaceOptions, TrainOptions
from seqgen.cli.train.request import plan_request, race_request, train_request
from seqgen.config import MODEL_CONFIGS, TOKENIZER_CONFIGS, SamplingConfig, TrainingConfig, fields_of
from seqgen.errors import ConfigError
from seqgen.training import TrainingRequest

OptionsT = TypeVar("OptionsT", bound=Options)

ALL_OPTIONS = [options for options in Options.__subclasses__() if options.__module__.startswith("seqgen.")]
every_class = pytest.mark.parametrize("options", ALL_OPTIONS, ids=lambda options: options.__name__)


def parse(options_class: type[OptionsT], *arguments: str) -> OptionsT:
    """The options that a command gets from a command line."""
    parsed: list[OptionsT] = []

    def command(options: OptionsT) -> None:
        parsed.append(options)

    command.__annotations__["options"] = options_class
    single = typer.Typer()
    single.command()(typer_command(command))
    result = CliRunner().invoke(single, arguments)
    assert result.exit_code == 0, result.output
    return parsed[0]


@dataclasses.dataclass(frozen=True, kw_only=True)
class SongOptions(Options):
    """Options of a command that only this test has."""

    combinations: ClassVar[Combinations] = Combinations(
        only_with={"quiet": frozenset({"voices"})}, apart=(("loud", "tempo"),), needs={"key_of": "voices"}
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
        ({"quiet", "tempo", "as_json"}, "--quiet does not go with --json, --tempo"),
        ({"loud", "tempo"}, "--loud does not go with --tempo"),
        ({"key_of"}, "--key-of needs VOICE"),
        ({"key_of", "voices"}, None),
        ({"quiet", "from_"}, "--quiet does not go with --from"),
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
    nodes = [node for path in folder.glob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    read = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "options"
    }
    configs = (*MODEL_CONFIGS.values(), TrainingConfig, SamplingConfig, *TOKENIZER_CONFIGS.values())
    configured = {"word_split", *(name for config in configs for name in fields_of(config))}
    for name, (_, declaration) in declarations(options).items():
        if isinstance(declaration, Option) and declaration.sets:
            assert declaration.sets in configured
        else:
            assert name in read


TRAIN = {
    "texts": "b.txt",
    "cell": "--cell gru",
    "tokenizer": "--tokenizer byte",
    "vocab_size": "--tokenizer word --vocab-size 99",
    "word_split": "--tokenizer word --word-split whitespace",
    "layers": "--layers 2",
    "width": "--width 32",
    "dropout": "--dropout 0.3",
    "memory": "--memory 9",
    "minutes": "--minutes 2",
    "steps": "--steps 2",
    "epochs": "--epochs 2",
    "lr": "--lr 0.1",
    "window": "--window 9",
    "streams": "--streams 9",
    "clip": "--clip 2",
    "patience": "--patience 3",
    "precision": "--precision float32",
    "seed": "--seed 1",
    "documents": "--documents line",
    "valid_fraction": "--valid-fraction 0.3",
    "test_fraction": "--test-fraction 0.3",
    "valid": "--valid v.txt",
    "test": "--test t.txt",
    "encoding": "--encoding latin-1",
    "out": "--out folder",
    "device": "--device cpu",
    "set_": "--set beta1=0.5",
}
"""An example of every option of `seqgen train` that describes a new run."""


def describe(request: TrainingRequest) -> str:
    return repr(dataclasses.replace(request, parent=None))


def test_every_option_of_train_changes_what_is_trained() -> None:
    """But for those that have tests of their own: --resume and its --corpus, --from, --log, --fields."""
    assert TRAIN.keys() == declarations(TrainOptions).keys() - {"resume", "corpus", "from_", "log", "fields"}
    requests = {
        name: describe(train_request(parse(TrainOptions, "a.txt", *text.split()))) for name, text in TRAIN.items()
    }
    plain = describe(train_request(parse(TrainOptions, "a.txt")))
    word = describe(train_request(parse(TrainOptions, "a.txt", "--tokenizer", "word")))
    assert len({plain, word, *requests.values()}) == len(TRAIN) + 2


@pytest.mark.parametrize("name", sorted(declarations(PlanOptions).keys() - {"as_json"}))
def test_every_option_of_plan_means_the_same_as_in_train(name: str) -> None:
    arguments = ["a.txt", *TRAIN[name].split(), *(["--minutes", "5"] if name != "minutes" else [])]
    assert describe(plan_request(parse(PlanOptions, *arguments))) == describe(
        train_request(parse(TrainOptions, *arguments))
    )


@pytest.mark.parametrize("name", sorted(declarations(RaceOptions).keys() - {"as_json", "equal"}))
def test_every_option_of_race_means_the_same_as_in_train(name: str) -> None:
    arguments = ["a.txt", *TRAIN[name].split(), *(["--minutes", "5"] if name != "minutes" else [])]
    assert describe(race_request(parse(RaceOptions, *arguments))) == describe(
        train_request(parse(TrainOptions, *arguments))
    )


def test_from_goes_with_no_field_of_the_tokenizer(run_folder: Path) -> None:
    options = parse(TrainOptions, "a.txt", "--from", str(run_folder), "--set", "vocab_size=9")
    with pytest.raises(ConfigError, match=r"^--from does not go with --set vocab_size"):
        train_request(options)


SAMPLE = {
    "temp": "--temp 0",
    "prompt": "--prompt Mina",
    "prompt_file": "--prompt-file start.txt",
    "length": "--length 5",
    "count": "--count 2",
    "seed": "--seed 7",
    "stop": "--stop e",
    "best_of": "--best-of 20 --length 20",
    "beam": "--beam 2",
    "top_k": "--top-k 3",
    "top_p": "--top-p 0.3",
    "min_p": "--min-p 0.98",
    "typical": "--typical 0.3",
    "repetition_penalty": "--repetition-penalty 4",
    "presence_penalty": "--presence-penalty 4",
    "frequency_penalty": "--frequency-penalty 2",
    "penalty_window": "--presence-penalty 4 --penalty-window 1",
    "ban": "--ban e",
    "bias": "--bias e=5",
    "match": "--match [a-z]+[.]",
    "odds": "--odds",
    "as_json": "--json",
}
"""An example of every option of `seqgen sample` that changes what is printed, on its own."""


def sample(run: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(app, ["sample", str(run), *arguments])
    assert result.exit_code == 0, result.stderr
    return result


def test_every_option_of_sample_changes_what_is_printed(
    run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for those that have tests of their own."""
    with_own_test = {"run", "until_end_of_text", "color", "follow", "no_copy", "device", "replay"}
    assert SAMPLE.keys() == declarations(SampleOptions).keys() - with_own_test
    monkeypatch.chdir(tmp_path)
    Path("start.txt").write_text("She sat", encoding="utf-8")
    printed = [sample(run_folder, *text.split()).stdout for text in ("", *SAMPLE.values())]
    assert len(set(printed)) == len(SAMPLE) + 1
