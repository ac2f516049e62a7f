"""The options of `seqgen fill`, in the order of its help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from seqgen.cli.shared.options import (
    Argument,
    Combinations,
    CorpusOption,
    JsonOption,
    MaxBytesOption,
    Option,
    Options,
    RawOption,
)
from seqgen.cli.shared.sampling_options import SeedOption
from seqgen.config import DEFAULT_GAP, FillConfig

_RUNS = frozenset({"forward", "backward"})


@dataclass(frozen=True, kw_only=True)
class FillOptions(Options):
    """What `seqgen fill` may be told."""

    combinations: ClassVar[Combinations] = Combinations(
        only_with={"score": _RUNS | {"length", "seed", "corpus", "max_bytes", "as_json"}},
        apart=(("length", "max_length"), ("odds", "count"), ("odds", "raw"), ("raw", "as_json")),
        needs={"corpus": "score", "max_bytes": "score"},
        reasons={"score": "fills gaps of the runs' own held-out text", "odds": "shows fills and chooses none"},
    )

    # fmt: off
    text: Annotated[str | None, Argument(help="Text with gaps.", metavar="TEXT")] = None
    forward: Annotated[str | None, Option(help="Run that reads forward; the newest that fits if left out.", metavar="RUN")] = None
    backward: Annotated[str | None, Option(help="Run that was trained with --backward; the newest that fits.", metavar="RUN")] = None
    gap: Annotated[str, Option(help="What marks a gap.", metavar="MARK")] = DEFAULT_GAP
    count: Annotated[int, Option(help="Texts to write, all of them different if there is one gap.", sets="count")] = FillConfig.count
    max_length: Annotated[int, Option(help="Characters of the longest fill.", sets="max_length")] = FillConfig.max_length
    length: Annotated[int | None, Option(help="Characters of every fill.", sets="length")] = FillConfig.length
    temp: Annotated[float, Option(help="1: as often as both models together expect. Low is safe; 0 is the likeliest fill found.", sets="temperature")] = FillConfig.temperature
    draws: Annotated[int, Option(help="Texts that each model writes into a gap as candidates.", sets="draws")] = FillConfig.draws
    seed: SeedOption = None
    odds: Annotated[bool, Option(help="Show the likeliest fills of one gap, and their nats under each model.")] = False
    raw: RawOption = False
    score: Annotated[int | None, Option(help="Instead: find the right word of this many gaps in the validation part, by both models and by each alone; with --length, the right N characters.", metavar="GAPS")] = None
    corpus: CorpusOption = ()
    max_bytes: MaxBytesOption = None
    as_json: JsonOption = False
    # fmt: on
