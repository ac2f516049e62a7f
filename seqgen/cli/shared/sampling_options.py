"""The options that say how tokens are sampled, which `seqgen sample`, `seqgen write` and `seqgen music` have in common."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from seqgen.cli.shared.options import Option, Options, settings_of
from seqgen.cli.shared.render import note
from seqgen.config import SamplingConfig, fresh_seed, parse_bias, parse_held, unescape

if TYPE_CHECKING:
    from seqgen.run import SavedModel

TopKOption = Annotated[int | None, Option(help="Sample from the k likeliest tokens.", sets="top_k")]
TopPOption = Annotated[
    float | None, Option(help="Sample from the likeliest tokens, up to this total probability.", sets="top_p")
]
MinPOption = Annotated[float | None, Option(help="Least probability, relative to the likeliest.", sets="min_p")]
TypicalOption = Annotated[
    float | None, Option(help="Sample from the most typical tokens, up to this total probability.", sets="typical")
]
RepetitionPenaltyOption = Annotated[
    float, Option(help="Above 1: recent tokens become less likely.", sets="repetition_penalty", shows_default=False)
]
PresencePenaltyOption = Annotated[
    float, Option(help="Subtracted from the logits of recent tokens.", sets="presence_penalty", shows_default=False)
]
FrequencyPenaltyOption = Annotated[
    float, Option(help="Subtracted for each recent occurrence.", sets="frequency_penalty", shows_default=False)
]
PenaltyWindowOption = Annotated[int, Option(help="Tokens that count as recent.", sets="penalty_window")]
BanOption = Annotated[
    tuple[str, ...],
    Option(help=r"Never write this text; may be repeated. \n is a line end, as in --stop.", metavar="TEXT", sets="ban"),
]
BiasOption = Annotated[
    tuple[str, ...], Option(help="Add to logits of tokens that complete TEXT.", metavar="TEXT=NUMBER", sets="bias")
]
NoCopyOption = Annotated[
    int | None,
    Option(
        help="Never copy this many characters in a row from the training text; 8 or more, 2 for short documents.",
        sets="no_copy",
    ),
]
WordsOption = Annotated[
    tuple[str, ...],
    Option(
        help="Write only words of the training text (known) or of a FILE; may be repeated. Words of the prompt are free.",
        metavar="known|FILE",
        sets="words",
    ),
]
SeedOption = Annotated[
    int | None, Option(help="Same seed, same text; a fresh one is drawn if left out.", metavar="NUMBER", sets="seed")
]
StopOption = Annotated[
    tuple[str, ...],
    Option(
        help=r"End before this text; may be repeated. \n is a line end, \t a tab, \\ a backslash.",
        metavar="TEXT",
        sets="stop",
    ),
]

DEFAULT_TEMPERATURE = f"Default: its best, or {SamplingConfig.temperature:g}."
"""What the help says about the temperature."""

SAMPLING_OPTIONS = frozenset(
    {
        "top_k", "top_p", "min_p", "typical", "repetition_penalty", "presence_penalty", "frequency_penalty",
        "penalty_window", "ban", "bias", "no_copy", "stop", "words",
    }
)  # fmt: skip


def sampling_config(options: Options, *, temperature: float | None) -> SamplingConfig:
    """The configuration that the sampling options of a command describe, with a fresh seed if they name none.

    Without a temperature, it has the default; `at_best_temperature` knows better, once the model is open.

    Raises:
        ConfigError: a value out of its range, a bias that is not TEXT=NUMBER, or a held unit that is not UNIT=NUMBER.
    """
    values: dict[str, Any] = {"seed": fresh_seed(), **settings_of(options)}
    values["temperature"] = SamplingConfig.temperature if temperature is None else temperature
    for name in {"stop", "ban", "bias"} & values.keys():
        values[name] = tuple(map(unescape, values[name]))
    if "bias" in values:
        values["bias"] = parse_bias(values["bias"])
    if "hold" in values:
        values["hold"] = parse_held(values["hold"])
    return SamplingConfig(**values)


def note_no_copy(config: SamplingConfig, model: SavedModel) -> None:
    """Say which text `--no-copy` does not know, if there is any."""
    limit = model.record.lookup_limit
    if config.no_copy is not None and limit is not None:
        note(f"no-copy: {limit}")


def at_best_temperature(config: SamplingConfig, model: SavedModel) -> SamplingConfig:
    """The configuration with the temperature at which the model writes best; a note says so if that was measured."""
    if model.record.temperature is not None:
        note(f"temperature {model.temperature:g}, at which this model writes best; --temp sets another")
    return replace(config, temperature=model.temperature)


def note_seed(options: Options, config: SamplingConfig, *, again: str) -> None:
    """Say which seed was drawn, and how to get the same `again`. Temperature 0 needs no seed."""
    if "seed" not in options.given and config.temperature > 0:
        note(f"seed {config.seed}; {again} with --seed {config.seed}")
