"""The options of `seqgen predict`, in the order of its help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from seqgen.cli.shared.options import Argument, Combinations, EncodingOption, MaxBytesOption, Option, Options, RawOption
from seqgen.config import DEFAULT_ENCODING, PredictionConfig


@dataclass(frozen=True, kw_only=True)
class PredictOptions(Options):
    """What `seqgen predict` may be told."""

    combinations: ClassVar[Combinations] = Combinations(
        apart=(("show", "as_json"), ("raw", "as_json")),
        needs={"out": "show"},
        reasons={"show": "draws a picture of every source"},
    )

    # fmt: off
    sources: Annotated[tuple[str, ...], Argument(help="Sources, files of them, or - for standard input.", metavar="SOURCE")] = ()
    source: Annotated[tuple[str, ...], Option(help="A source, even if there is a file of that name; may be repeated.", metavar="TEXT")] = ()
    file: Annotated[tuple[str, ...], Option(help="A file of sources, one a line; may be repeated.", metavar="FILE")] = ()
    run: Annotated[str | None, Option(help="Run folder or .safetensors file; the newest run if left out.", metavar="RUN")] = None
    top: Annotated[int | None, Option(help="Show so many targets with their probabilities.")] = None
    beam: Annotated[int, Option(help="Width of the search for text targets; 1 takes the likeliest token each time.")] = PredictionConfig.beam
    show: Annotated[Literal["attention"] | None, Option(help="Also draw where the model looks in the source for each token of the target.")] = None
    out: Annotated[str | None, Option(help="With --show: draw it into this PNG file.", metavar="FILE")] = None
    raw: RawOption = False
    encoding: EncodingOption = DEFAULT_ENCODING
    max_bytes: MaxBytesOption = None
    as_json: Annotated[bool, Option(help="Print a JSON object a line, with all labels unless --top is given.")] = False
    # fmt: on
