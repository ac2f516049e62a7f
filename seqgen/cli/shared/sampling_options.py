"""The options that say how tokens are sampled, which `seqgen sample` and `seqgen write` have in common."""

from __future__ import annotations

from typing import Annotated, Any

from seqgen.cli.shared.options import Option, Options, settings_of
from seqgen.config import SamplingConfig, parse_bias

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
    tuple[str, ...], Option(help="Never write this text; may be repeated.", metavar="TEXT", sets="ban")
]
BiasOption = Annotated[
    tuple[str, ...], Option(help="Add to the logits of tokens that complete TEXT.", metavar="TEXT=NUMBER", sets="bias")
]
NoCopyOption = Annotated[
    int | None,
    Option(help="Never copy this many characters in a row from the training text; 8 or more.", sets="no_copy"),
]
StopOption = Annotated[
    tuple[str, ...], Option(help="End before this text; may be repeated.", metavar="TEXT", sets="stop")
]

SAMPLING_OPTIONS = frozenset(
    {
        "top_k", "top_p", "min_p", "typical", "repetition_penalty", "presence_penalty", "frequency_penalty",
        "penalty_window", "ban", "bias", "no_copy", "stop",
    }
)  # fmt: skip


def sampling_config(options: Options, *, temperature: float) -> SamplingConfig:
    """The configuration that the sampling options of a command describe.

    Raises:
        ConfigError: a value out of its range, or a bias that is not TEXT=NUMBER.
    """
    values: dict[str, Any] = dict(settings_of(options))
    if "bias" in values:
        values["bias"] = parse_bias(values["bias"])
    return SamplingConfig(temperature=temperature, **values)
