"""The options of the commands of `seqgen inspect`, in the order of their help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from seqgen.cli.shared.options import (
    Combinations,
    CorpusOption,
    JsonOption,
    Option,
    Options,
    PartOption,
    RunsArgument,
)
from seqgen.config import DEFAULT_ENCODING, DEFAULT_PART

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
    out: Annotated[str | None, Option(help="Draw the picture into this PNG file.", metavar="FILE")] = None
    as_json: JsonOption = False
    # fmt: on
