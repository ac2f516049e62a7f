"""The options of `seqgen sample`, in the order of its help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from seqgen.cli.shared.options import Combinations, DeviceOption, Option, Options, RunArgument
from seqgen.config import DEFAULT_LENGTH, SamplingConfig, SamplingRequest

_DEFAULT = SamplingConfig()
_REQUEST = SamplingRequest()

_PROMPT = frozenset({"run", "prompt", "prompt_file"})
_WRITTEN_AT_ONCE = _PROMPT | {
    "temp", "seed", "stop", "until_end_of_text", "color", "follow", "device", "ban", "bias", "match", "no_copy",
    "repetition_penalty", "presence_penalty", "frequency_penalty", "penalty_window", "top_k", "top_p", "min_p", "typical",
}  # fmt: skip
"""What a text that is shown while it is written may be told."""


@dataclass(frozen=True, kw_only=True)
class SampleOptions(Options):
    """What `seqgen sample` may be told.

    The rarer filters, penalties and searches have options of their own, not fields of a `--set`: people look for them
    under the names that llama.cpp and the OpenAI API gave them.
    """

    combinations: ClassVar[Combinations] = Combinations(
        only_with={
            "replay": frozenset({"run", "as_json"}),
            "beam": _PROMPT | {"length"},
            "odds": _PROMPT | {"as_json"},
            "follow": _WRITTEN_AT_ONCE,
            "color": _WRITTEN_AT_ONCE | {"length", "count"},
        },
        apart=(("prompt", "prompt_file"),),
    )

    # fmt: off
    run: RunArgument = None
    temp: Annotated[tuple[float, ...], Option(help="Low is safe, high is wild, 0 takes the likeliest token. Repeat it to compare several.")] = (_DEFAULT.temperature,)
    prompt: Annotated[str, Option(help="Text to continue.", metavar="TEXT")] = ""
    prompt_file: Annotated[str | None, Option(help="File with the text to continue; - for standard input.", metavar="FILE")] = None
    length: Annotated[int, Option(help="Characters to write after the prompt.")] = DEFAULT_LENGTH
    count: Annotated[int, Option(help="Number of texts to write.")] = _REQUEST.count
    seed: Annotated[int, Option(help="The same seed writes the same text.")] = _DEFAULT.seed
    stop: Annotated[tuple[str, ...], Option(help="End before this text; may be repeated.", metavar="TEXT")] = ()
    until_end_of_text: Annotated[bool, Option(help="End where the model ends its document.")] = _DEFAULT.until_end_of_text
    best_of: Annotated[int, Option(help="Write this many for each text, keep the least surprising.")] = _REQUEST.best_of
    beam: Annotated[int | None, Option(help="Search for the likeliest text, which is mostly dull, with a beam this wide.")] = None
    color: Annotated[bool, Option(help="Shade the text by how surprising each token was.")] = False
    follow: Annotated[bool, Option(help="Write without end, until Ctrl-C.")] = False
    top_k: Annotated[int | None, Option(help="Sample only from the k likeliest tokens.")] = _DEFAULT.top_k
    top_p: Annotated[float | None, Option(help="Sample only from the likeliest tokens that reach this probability.")] = _DEFAULT.top_p
    min_p: Annotated[float | None, Option(help="Sample only tokens this likely relative to the likeliest.")] = _DEFAULT.min_p
    typical: Annotated[float | None, Option(help="Sample only the most typical tokens that reach this probability.")] = _DEFAULT.typical
    repetition_penalty: Annotated[float, Option(help="Above 1: recent tokens become less likely.")] = _DEFAULT.repetition_penalty
    presence_penalty: Annotated[float, Option(help="Subtract from the logits of recent tokens.")] = _DEFAULT.presence_penalty
    frequency_penalty: Annotated[float, Option(help="The same, for every time they occurred.")] = _DEFAULT.frequency_penalty
    penalty_window: Annotated[int, Option(help="Tokens that count as recent.")] = _DEFAULT.penalty_window
    ban: Annotated[tuple[str, ...], Option(help="Never write this text; may be repeated.", metavar="TEXT")] = ()
    bias: Annotated[tuple[str, ...], Option(help="Add to the logits of tokens that would complete a text.", metavar="TEXT=NUMBER")] = ()
    no_copy: Annotated[int | None, Option(help="Never copy this many characters in a row from the training text; 8 or more.")] = _DEFAULT.no_copy
    match: Annotated[str | None, Option(help="Write a text that matches this regular expression as a whole, without the prompt.", metavar="REGEX")] = _DEFAULT.match
    odds: Annotated[bool, Option(help="Show the probabilities of the next token, and write nothing.")] = False
    device: DeviceOption = _REQUEST.device
    replay: Annotated[str | None, Option(help="Write the texts of this --json output again.", metavar="FILE")] = None
    as_json: Annotated[bool, Option(help="Print JSON, with everything needed to write the texts again.")] = False
    # fmt: on
