"""The options of `seqgen music`, in the order of its help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from seqgen.cli.shared.options import CorpusOption, JsonOption, MaxBytesOption, Option, Options, RunArgument
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
    TopKOption,
    TopPOption,
    TypicalOption,
)
from seqgen.config import SamplingConfig

_DEFAULT = SamplingConfig()


@dataclass(frozen=True, kw_only=True)
class MusicOptions(Options):
    """What `seqgen music` may be told."""

    # fmt: off
    run: RunArgument = None
    count: Annotated[int, Option(help="Tunes to write.")] = 3
    out: Annotated[str | None, Option(help="New folder for the tunes and a page that plays them.", metavar="FOLDER")] = None
    temp: Annotated[float | None, Option(help=f"Low is safe, high is wild, 0 is the likeliest. {DEFAULT_TEMPERATURE}", sets="temperature")] = None
    prompt: Annotated[str, Option(help=r"How every tune begins; \n is a line end, as in X:1\nT:My Jig\n.", metavar="TEXT")] = ""
    length: Annotated[int, Option(help="Characters by which a tune must have ended.")] = 2000
    seed: SeedOption = None
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
    corpus: CorpusOption = ()
    max_bytes: MaxBytesOption = None
    as_json: JsonOption = False
    # fmt: on
