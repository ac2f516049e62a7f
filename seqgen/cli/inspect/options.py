"""The options of the commands of `seqgen inspect`, in the order of their help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from seqgen.cli.shared.options import (
    Argument,
    Combinations,
    CorpusOption,
    DocumentsOption,
    JsonOption,
    MaxBytesOption,
    Option,
    Options,
    PartOption,
    RunArgument,
    RunsArgument,
    TokenizerOption,
)
from seqgen.config import (
    DEFAULT_CELL,
    DEFAULT_ENCODING,
    DEFAULT_PART,
    DEFAULT_TOKENIZER,
    Cell,
    CorpusConfig,
)

ProbeTask = Literal["copy", "adding", "brackets", "counting"]
DEFAULT_LONGEST = 4096
"""Characters of the longest context, if the text is long enough."""

OnOption = Annotated[str | None, Option(help="Text to read instead of a part of the corpus.", metavar="FILE")]
OnEncodingOption = Annotated[str, Option(help="Of the --on text.", metavar="NAME")]
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
    encoding: OnEncodingOption = DEFAULT_ENCODING
    max_bytes: MaxBytesOption = None
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
    on: OnOption = None
    part: PartOption = DEFAULT_PART
    longest: Annotated[int | None, Option(help=f"Characters of the longest context; {DEFAULT_LONGEST:,}, or fewer if the text is short, if left out.")] = None
    shuffled: Annotated[bool, Option(help="Also put the words beyond the context in random order.")] = False
    replaced: Annotated[bool, Option(help="Also replace what is beyond the context by another passage.")] = False
    seed: Annotated[int, Option(help="Of the order of --shuffled words.")] = 0
    no_expert: NoExpertOption = False
    corpus: CorpusOption = ()
    encoding: OnEncodingOption = DEFAULT_ENCODING
    max_bytes: MaxBytesOption = None
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


@dataclass(frozen=True, kw_only=True)
class BallOptions(Options):
    """What `seqgen inspect ball` may be told."""

    # fmt: off
    cell: Annotated[str, Option(help="What learns: rnn, lstm, gru or transformer, with fields of its own after commas, as in lstm,d_model=32.", metavar="CELL")] = DEFAULT_CELL
    steps: Annotated[int, Option(help="Steps of training.")] = 4000
    gravity: Annotated[float, Option(help="By how much the ball falls faster in every step, from 0 to 1 cells per step.")] = 0.0
    seed: Annotated[int, Option(help="Of the weights and of all balls.")] = 0
    out: PictureOption = None
    as_json: JsonOption = False
    # fmt: on


@dataclass(frozen=True, kw_only=True)
class UnitsOptions(Options):
    """What `seqgen inspect units` may be told."""

    combinations: ClassVar[Combinations] = Combinations(apart=(("part", "on"),), needs={"encoding": "on"})

    # fmt: off
    run: RunArgument = None
    on: OnOption = None
    part: PartOption = DEFAULT_PART
    unit: Annotated[tuple[str, ...], Option(help="Also show this unit over a passage; may be repeated. 0:12 is unit 12 of layer 0, 0:c12 its cell value in an LSTM.", metavar="LAYER:UNIT")] = ()
    out: Annotated[str | None, Option(help="Write a page with the units, shaded over passages, and the gates.", metavar="FILE.html")] = None
    corpus: CorpusOption = ()
    encoding: OnEncodingOption = DEFAULT_ENCODING
    max_bytes: MaxBytesOption = None
    as_json: JsonOption = False
    # fmt: on


@dataclass(frozen=True, kw_only=True)
class AttentionOptions(Options):
    """What `seqgen inspect attention` may be told."""

    combinations: ClassVar[Combinations] = Combinations(apart=(("part", "on"),), needs={"encoding": "on"})

    # fmt: off
    run: RunArgument = None
    on: OnOption = None
    part: PartOption = DEFAULT_PART
    prompt: Annotated[str | None, Option(help="Draw the heads on this text, not on the beginning of the text that is read; of pairs, the source.", metavar="TEXT")] = None
    head: Annotated[str | None, Option(help="Also draw this head in the terminal, such as 0:1.", metavar="LAYER:HEAD")] = None
    out: Annotated[str | None, Option(help="Draw all heads into this file.", metavar="FILE.png")] = None
    corpus: CorpusOption = ()
    encoding: OnEncodingOption = DEFAULT_ENCODING
    max_bytes: MaxBytesOption = None
    as_json: JsonOption = False
    # fmt: on


@dataclass(frozen=True, kw_only=True)
class EmbeddingsOptions(Options):
    """What `seqgen inspect embeddings` may be told."""

    combinations: ClassVar[Combinations] = Combinations(apart=(("part", "on"),), needs={"encoding": "on"})

    # fmt: off
    run: RunArgument = None
    on: Annotated[str | None, Option(help="Text whose tokens are shown, instead of a part of the corpus.", metavar="FILE")] = None
    part: PartOption = DEFAULT_PART
    out: Annotated[str | None, Option(help="Draw the map into this file.", metavar="FILE.png")] = None
    map: Annotated[Literal["pca", "tsne", "umap"], Option(help="How: pca keeps distances as well as a plane can; tsne and umap keep neighbours together, and need scikit-learn and umap-learn.")] = "pca"
    one_hot: Annotated[int | None, Option(help="Also train the network anew with learned vectors and with one-hot ones, for so many steps each, and compare bits and speed.", metavar="STEPS")] = None
    corpus: CorpusOption = ()
    encoding: OnEncodingOption = DEFAULT_ENCODING
    max_bytes: MaxBytesOption = None
    as_json: JsonOption = False
    # fmt: on


@dataclass(frozen=True, kw_only=True)
class CriteriaOptions(Options):
    """What `seqgen inspect criteria` may be told."""

    combinations: ClassVar[Combinations] = Combinations(apart=(("part", "on"),), needs={"encoding": "on"})

    # fmt: off
    run: RunArgument = None
    on: OnOption = None
    part: PartOption = DEFAULT_PART
    longest: Annotated[int | None, Option(help="Characters of the longest input; 1,024, or fewer if the text is short, if left out.")] = None
    steps: Annotated[int | None, Option(help="Steps to train the window and the bag; 500 if left out.")] = None
    seed: Annotated[int, Option(help="Of their weights and examples, and of the random order.")] = 0
    corpus: CorpusOption = ()
    encoding: OnEncodingOption = DEFAULT_ENCODING
    max_bytes: MaxBytesOption = None
    out: PictureOption = None
    as_json: JsonOption = False
    # fmt: on


@dataclass(frozen=True, kw_only=True)
class DepthOptions(Options):
    """What `seqgen inspect depth` may be told."""

    # fmt: off
    texts: Annotated[tuple[str, ...], Argument(help="Files or folders.", metavar="TEXT")]
    cell: Annotated[Cell, Option(help="Kind of model.")] = DEFAULT_CELL
    layers: Annotated[str, Option(help="Numbers of layers to compare.", metavar="N,N,N")] = "1,2,4"
    params: Annotated[int, Option(help="Parameters of each model, roughly.")] = 200_000
    steps: Annotated[int, Option(help="Steps to train each model.")] = 600
    seeds: Annotated[int, Option(help="Train every depth this many times, each time with the next seed.", shows_default=False)] = 1
    seed: Annotated[int, Option(help="The first seed.")] = 0
    tokenizer: TokenizerOption = DEFAULT_TOKENIZER
    documents: DocumentsOption = CorpusConfig.documents
    set_: Annotated[tuple[str, ...], Option(help="Set another field of all models or of their training.", metavar="FIELD=VALUE")] = ()
    out: PictureOption = None
    as_json: JsonOption = False
    # fmt: on
