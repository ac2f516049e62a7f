"""The options of the commands of `seqgen inspect`, in the order of their help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from seqgen.cli.shared.options import (
    Argument,
    Combinations,
    CorpusOption,
    JsonOption,
    Option,
    Options,
    PartOption,
    RunsArgument,
)
from seqgen.config import DEFAULT_ENCODING, DEFAULT_PART

ProbeTask = Literal["copy", "adding", "brackets", "counting"]
DEFAULT_LONGEST = 4096
"""Characters of the longest context, if the text is long enough."""

NoExpertOption = Annotated[bool, Option(help="Look at the network alone, without its n-gram expert.")]
PictureOption = Annotated[str | None, Option(help="Draw the picture into this PNG.", metavar="FILE.png")]

_OF_TEXTS = frozenset({"runs", "on", "part", "corpus", "encoding"})


@dataclass(frozen=True, kw_only=True)
class GradientsOptions(Options):
    """What `seqgen inspect gradients` may be told."""

    combinations: ClassVar[Combinations] = Combinations(
        apart=(("part", "on"), *(("copy", name) for name in sorted(_OF_TEXTS))),
        needs={"encoding": "on", "set_": "cell", "copy": "cell"},
    )

    # fmt: off
    runs: RunsArgument = ()
    cell: Annotated[tuple[str, ...], Option(help="A cell with new weights: rnn, lstm, gru, mingru or transformer, with fields of its own after commas, as in rnn,recurrent_norm=3. May be repeated.", metavar="CELL")] = ()
    set_: Annotated[tuple[str, ...], Option(help="Set a field of every such cell that has it; seqgen train --fields lists them.", metavar="FIELD=VALUE")] = ()
    lag: Annotated[int | None, Option(help="How many tokens to look back; 300 if left out, or 100 with --copy.")] = None
    copy: Annotated[int | None, Option(help="Train every such cell for so many steps to name the symbol that it read LAG tokens before.", metavar="STEPS")] = None
    clip: Annotated[float | None, Option(help="Norm to clip the gradient of the weights at; that of the training run if left out.", metavar="NORM")] = None
    on: Annotated[str | None, Option(help="Text to read instead of a part of the corpus. Cells without a run read its characters.", metavar="FILE")] = None
    part: PartOption = DEFAULT_PART
    corpus: CorpusOption = ()
    encoding: Annotated[str, Option(help="Of the --on text.", metavar="NAME")] = DEFAULT_ENCODING
    seed: Annotated[int, Option(help="Of new weights, random tokens and the copy task.")] = 0
    out: PictureOption = None
    as_json: JsonOption = False
    # fmt: on


@dataclass(frozen=True, kw_only=True)
class MemoryOptions(Options):
    """What `seqgen inspect memory` may be told."""

    combinations: ClassVar[Combinations] = Combinations(
        apart=(("part", "on"),), needs={"encoding": "on", "seed": "shuffled"}
    )

    # fmt: off
    runs: RunsArgument = ()
    on: Annotated[str | None, Option(help="Text to score instead of a part of the corpus.", metavar="FILE")] = None
    part: PartOption = DEFAULT_PART
    longest: Annotated[int | None, Option(help=f"Characters of the longest context; {DEFAULT_LONGEST:,}, or fewer if the text is short, if left out.")] = None
    shuffled: Annotated[bool, Option(help="Also put the words beyond the context in random order.")] = False
    replaced: Annotated[bool, Option(help="Also replace what is beyond the context by another passage.")] = False
    seed: Annotated[int, Option(help="Of the order of --shuffled words.")] = 0
    no_expert: NoExpertOption = False
    corpus: CorpusOption = ()
    encoding: Annotated[str, Option(help="Of the --on text.", metavar="NAME")] = DEFAULT_ENCODING
    out: PictureOption = None
    as_json: JsonOption = False
    # fmt: on


@dataclass(frozen=True, kw_only=True)
class ProbeOptions(Options):
    """What `seqgen inspect probe` may be told."""

    # fmt: off
    task: Annotated[ProbeTask, Argument(help="copy, adding, brackets or counting.", metavar="TASK")]
    cell: Annotated[tuple[str, ...], Option(help="rnn, lstm, gru or transformer, with fields of its own after commas, as in rnn,nonlinearity=relu. May be repeated; all four if left out.", metavar="CELL")] = ()
    at: Annotated[int | None, Option(help="Train and test at this distance only.", metavar="DISTANCE")] = None
    steps: Annotated[int | None, Option(help="Steps to train each model; 1,000 if left out.")] = None
    seed: Annotated[int, Option(help="Of the weights and the training examples.")] = 0
    set_: Annotated[tuple[str, ...], Option(help="Set a field of every model that has it, or of its training; seqgen train --fields lists them.", metavar="FIELD=VALUE")] = ()
    out: PictureOption = None
    as_json: JsonOption = False
    # fmt: on
