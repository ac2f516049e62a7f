"""The options of `seqgen write`, in the order of its help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from seqgen.cli.shared.options import Option, Options, RunArgument
from seqgen.cli.shared.sampling_options import (
    DEFAULT_TEMPERATURE,
    BanOption,
    BiasOption,
    FrequencyPenaltyOption,
    MinPOption,
    NoCopyOption,
    PenaltyWindowOption,
    PresencePenaltyOption,
    RepetitionPenaltyOption,
    SeedOption,
    StopOption,
    TopKOption,
    TopPOption,
    TypicalOption,
    WordsOption,
)
from seqgen.config import SamplingConfig

_DEFAULT = SamplingConfig()


@dataclass(frozen=True, kw_only=True)
class WriteOptions(Options):
    """What `seqgen write` may be told."""

    run: RunArgument = None
    file: Annotated[str, Option(help="Text to continue, and where it is saved.", metavar="FILE")] = "story.txt"
    temp: Annotated[
        float | None,
        Option(help=f"Low is safe, high is wild; ^T and ^G change it. {DEFAULT_TEMPERATURE}", sets="temperature"),
    ] = None
    length: Annotated[int, Option(help="Characters that the model suggests at a time.")] = 60
    seed: SeedOption = None
    match: Annotated[
        str | None,
        Option(help="Regular expression that a suggestion must match.", metavar="REGEX", sets="match"),
    ] = _DEFAULT.match
    stop: StopOption = _DEFAULT.stop
    top_k: TopKOption = _DEFAULT.top_k
    top_p: TopPOption = _DEFAULT.top_p
    min_p: MinPOption = _DEFAULT.min_p
    typical: TypicalOption = _DEFAULT.typical
    repetition_penalty: RepetitionPenaltyOption = _DEFAULT.repetition_penalty
    presence_penalty: PresencePenaltyOption = _DEFAULT.presence_penalty
    frequency_penalty: FrequencyPenaltyOption = _DEFAULT.frequency_penalty
    penalty_window: PenaltyWindowOption = _DEFAULT.penalty_window
    ban: BanOption = _DEFAULT.ban
    bias: BiasOption = ()
    no_copy: NoCopyOption = _DEFAULT.no_copy
    words: WordsOption = _DEFAULT.words
