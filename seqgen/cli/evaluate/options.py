"""The options of `seqgen eval`, `report` and `info`, in the order of their help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from seqgen.cli.shared.options import (
    Combinations,
    CorpusOption,
    JsonOption,
    MaxBytesOption,
    Option,
    Options,
    PartOption,
    RunArgument,
    RunsArgument,
)
from seqgen.config import DEFAULT_ENCODING, DEFAULT_PART, PredictionConfig

Form = Literal["jsonl", "csv", "markdown", "latex"]
"""How a result is printed for another program or a paper. Not every result has every form."""

N_HIGHEST_LOSS = 50
"""Tokens that `--highest-loss` shows."""
N_NOVELTY_SAMPLES = 20
"""Samples that `--novelty` writes if `--samples` is left out."""

_TEXTS = frozenset({"runs", "on", "corpus", "encoding", "max_bytes", "no_expert"})
_READINGS = _TEXTS | {"part", "context"}
_PAIRS = frozenset({"columns", "beam", "ignore_case"})
ONLY_PAIRS = _PAIRS | {"out"}
"""Options that mean nothing for runs of texts."""
FOR_PAIRS = _TEXTS | ONLY_PAIRS | {"part", "baselines", "by", "form", "verbose", "as_json"}
"""Options for runs of pairs."""


@dataclass(frozen=True, kw_only=True)
class EvalOptions(Options):
    """What `seqgen eval` may be told."""

    combinations: ClassVar[Combinations] = Combinations(
        only_with={
            "novelty": _TEXTS | {"samples", "as_json"},
            "samples": frozenset({"runs", "corpus", "no_expert", "novelty", "as_json"}),
            "by": _READINGS | {"form", "beam", "columns"},
            "form": _READINGS | _PAIRS | {"by", "baselines", "dynamic"},
            "show": _READINGS,
            "highest_loss": _READINGS,
        },
        apart=(("part", "on"), ("dynamic", "context")),
        needs={"encoding": "on", "columns": "on"},
        reasons={
            "novelty": "looks for copies only",
            "samples": "judges samples and scores no text",
            "by": "prints losses and no table",
            "form": "prints one table alone",
            "show": "prints the text alone",
            "highest_loss": "prints the highest losses alone",
        },
    )

    # fmt: off
    runs: RunsArgument = ()
    on: Annotated[tuple[str, ...], Option(help="Text to score instead of a part of the corpus; may be repeated.", metavar="FILE")] = ()
    part: PartOption = DEFAULT_PART
    context: Annotated[str, Option(help="What the model has read before each token. carried: the whole text. cold:256: only its window of 256 tokens. sliding:256/64: windows of 256, of which the last 64 are scored.", metavar="MODE")] = "carried"
    dynamic: Annotated[bool, Option(help="Score each run a second time with weights that keep learning from the text just scored (dynamic evaluation). Needs the training text, as --baselines does.")] = False
    no_expert: Annotated[bool, Option(help="Score the network alone, without its expert.")] = False
    baselines: Annotated[bool, Option(help="Also score baselines: n-grams, two small networks and compressors that have seen the training text.")] = False
    by: Annotated[Literal["token", "line", "document", "pair"] | None, Option(help="Print the loss of each token, line or document, or each pair.")] = None
    form: Annotated[Form | None, Option(help="Print the table as csv, markdown or latex, or --by as jsonl (the default) or csv.")] = None
    show: Annotated[bool, Option(help="Print the text, shaded by how surprising each token was.")] = False
    highest_loss: Annotated[bool, Option(help=f"Print the {N_HIGHEST_LOSS} tokens with the highest loss.")] = False
    novelty: Annotated[bool, Option(help="Report what the samples of a run, or the --on texts, copy from its training text.")] = False
    samples: Annotated[int | None, Option(help=f"Compare this many samples with human text at each of ten temperatures. With --novelty: how many samples; {N_NOVELTY_SAMPLES} if left out.")] = None
    corpus: CorpusOption = ()
    encoding: Annotated[str, Option(help="Of the --on texts.", metavar="NAME")] = DEFAULT_ENCODING
    max_bytes: MaxBytesOption = None
    columns: Annotated[str | None, Option(help="Of pairs: columns or JSON keys of source and target in the --on files.", metavar="A,B")] = None
    beam: Annotated[int, Option(help="Of pairs: width of the search for text targets.")] = PredictionConfig.beam
    ignore_case: Annotated[bool, Option(help="Of pairs: chrF and BLEU take upper and lower case for the same.")] = False
    out: Annotated[str | None, Option(help="Of pairs: draw results by source length, and confused labels, into this folder.", metavar="FOLDER")] = None
    verbose: Annotated[bool, Option(help="Compare every two runs in a sentence of their own.", short="-v")] = False
    as_json: JsonOption = False
    # fmt: on


@dataclass(frozen=True, kw_only=True)
class ReportOptions(Options):
    """What `seqgen report` may be told."""

    runs: RunsArgument = ()
    out: Annotated[str, Option(help="File to write.", metavar="FILE")] = "report.html"
    part: PartOption = DEFAULT_PART
    corpus: CorpusOption = ()
    max_bytes: MaxBytesOption = None


@dataclass(frozen=True, kw_only=True)
class InfoOptions(Options):
    """What `seqgen info` may be told."""

    run: RunArgument = None
    as_json: JsonOption = False
