"""The options of `seqgen sample`, in the order of its help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from seqgen.cli.shared.options import Combinations, DeviceOption, Option, Options, RawOption, RunArgument
from seqgen.cli.shared.sampling_options import (
    DEFAULT_TEMPERATURE,
    SAMPLING_OPTIONS,
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
from seqgen.config import DEFAULT_LENGTH, SamplingConfig, SamplingRequest

_DEFAULT = SamplingConfig()
_REQUEST = SamplingRequest()

_PROMPT = frozenset({"run", "source", "prompt", "prompt_file"})
_STREAMED = _PROMPT | SAMPLING_OPTIONS
_STREAMED |= {"temp", "seed", "match", "until_end_of_text", "color", "raw", "follow", "device", "hold"}
"""What goes with a text that is shown while it is written."""


@dataclass(frozen=True, kw_only=True)
class SampleOptions(Options):
    """What `seqgen sample` may be told.

    The rarer filters, penalties and searches have options of their own, not fields of a `--set`: people look for them
    under the names that llama.cpp and the OpenAI API gave them.
    """

    combinations: ClassVar[Combinations] = Combinations(
        only_with={
            "replay": frozenset({"run", "as_json"}),
            "beam": _PROMPT | SAMPLING_OPTIONS | {"length", "match", "hold"},
            "odds": _PROMPT | {"as_json", "hold"},
            "follow": _STREAMED,
            "color": _STREAMED | {"length", "count"},
        },
        apart=(
            ("prompt", "prompt_file"),
            ("raw", "as_json"),
            ("exact", "new"),
            ("exact", "best_of"),
            ("exact", "stop"),
        ),
        needs={"exact": "match"},
        reasons={
            "replay": "takes its options from the file",
            "beam": "finds the likeliest text and samples nothing",
            "odds": "shows probabilities and writes no text",
            "follow": "writes one text without end",
            "color": "shows a text while it is written",
        },
    )

    # fmt: off
    run: RunArgument = None
    temp: Annotated[tuple[float, ...], Option(help=f"Low is safe, high is wild, 0 is the likeliest. May be repeated. {DEFAULT_TEMPERATURE}", sets="temperature")] = ()
    source: Annotated[tuple[str, ...], Option(help="Of a model of pairs: write targets of TEXT.", metavar="TEXT")] = ()
    prompt: Annotated[str, Option(help=r"Text to continue; \n, \t and \\ as in --stop.", metavar="TEXT")] = ""
    prompt_file: Annotated[str | None, Option(help="File with the prompt; - for standard input.", metavar="FILE")] = None
    length: Annotated[int, Option(help="Characters to write.")] = DEFAULT_LENGTH
    count: Annotated[int, Option(help="Texts to write.")] = _REQUEST.count
    new: Annotated[bool, Option(help="Write whole documents that are not in the text trained on, and none twice.")] = _REQUEST.new
    seed: SeedOption = None
    stop: StopOption = _DEFAULT.stop
    until_end_of_text: Annotated[bool, Option(help="End where the model ends its document.", sets="until_end_of_text")] = _DEFAULT.until_end_of_text
    best_of: Annotated[int, Option(help="Of this many texts, keep the least surprising.", shows_default=False)] = _REQUEST.best_of
    beam: Annotated[int | None, Option(help="Width of a beam search for the likeliest text.")] = None
    color: Annotated[bool, Option(help="Shade each token by how surprising it was.")] = False
    raw: RawOption = False
    follow: Annotated[bool, Option(help="Write without end, until Ctrl-C.")] = False
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
    match: Annotated[str | None, Option(help="Regular expression for the whole text without its prompt. Texts are not as frequent as among free ones; --exact mends that.", metavar="REGEX", sets="match")] = _DEFAULT.match
    exact: Annotated[bool, Option(help="With --match: keep those of free texts.")] = _REQUEST.exact
    hold: Annotated[tuple[str, ...], Option(help="Hold unit LAYER:UNIT at a value.", metavar="UNIT=VALUE", sets="hold")] = ()
    odds: Annotated[bool, Option(help="Show probabilities of the next token instead.")] = False
    device: DeviceOption = _REQUEST.device
    replay: Annotated[str | None, Option(help="Write the texts of this --json output again.", metavar="FILE")] = None
    as_json: Annotated[bool, Option(help="Print JSON, which --replay writes again.")] = False
    # fmt: on
