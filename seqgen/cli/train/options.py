"""The options of `seqgen train`, `plan` and `race`, in the order of their help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from seqgen.cli.shared.options import (
    Argument,
    Combinations,
    DeviceOption,
    DocumentsOption,
    EncodingOption,
    ExcludeOption,
    FieldOption,
    IncludeOption,
    JsonOption,
    MaxBytesOption,
    Option,
    Options,
    TokenizerChoiceOption,
    ValidOption,
    VocabSizeOption,
    WordSplitOption,
)
from seqgen.config import (
    DEFAULT_CELL,
    DEFAULT_DEVICE,
    DEFAULT_MINUTES,
    DEFAULT_SAVE_EVERY_S,
    DEFAULT_TOKENIZER,
    Cell,
    CorpusConfig,
    EncoderChoice,
    Precision,
    Targets,
    TokenizerName,
)

NO_BASE = "none"
"""What `--from` names to begin from no model."""

OF_PAIRS = ("columns", "targets", "encoder", "attention", "target_tokenizer")
"""Options that mean nothing without `--pairs`."""

BackwardOption = Annotated[bool, Option(help="Read texts from their end; see seqgen fill.")]
PairsOption = Annotated[bool, Option(help="Learn from pairs: source TAB target.")]
ColumnsOption = Annotated[str | None, Option(help="Columns or JSON keys of source and target.", metavar="A,B")]
TargetsOption = Annotated[Targets | None, Option(help="What targets are, if the rule is wrong.")]
EncoderOption = Annotated[
    EncoderChoice | None, Option(help="Of sources: none, forward or bidirectional.", metavar="KIND")
]
AttentionOption = Annotated[bool | None, Option(help="Whether targets attend to sources.", has_opposite=True)]
TargetTokenizerOption = Annotated[
    TokenizerName | None, Option(help="That of targets, if it is another.", metavar="NAME")
]

_TEXTS = Argument(help="Files, folders, or - for standard input.", metavar="TEXT")


@dataclass(frozen=True, kw_only=True)
class TrainOptions(Options):
    """What `seqgen train` may be told. What is left out is chosen, or has the default of its configuration."""

    combinations: ClassVar[Combinations] = Combinations(
        only_with={
            "resume": frozenset({"corpus", "steps", "epochs", "minutes", "device", "log", "save_every", "max_bytes"})
        },
        apart=(
            ("valid", "valid_fraction"),
            ("test", "test_fraction"),
            ("field", "documents"),
            ("pairs", "field"),
            ("pairs", "documents"),
            ("pairs", "backward"),
            ("steps", "epochs"),
            ("steps", "minutes"),
            ("epochs", "minutes"),
        ),
        needs={"corpus": "resume", **dict.fromkeys(OF_PAIRS, "pairs")},
        reasons={
            "resume": "keeps the run's text and settings",
            "field": "makes each record a document",
            "pairs": "makes each pair a document",
        },
        off={"from_": NO_BASE},
    )

    # fmt: off
    texts: Annotated[tuple[str, ...], _TEXTS] = ()
    cell: Annotated[Cell | None, Option(help=f"Kind of model; if left out, mostly {DEFAULT_CELL}.")] = None
    backward: BackwardOption = CorpusConfig.backward
    pairs: PairsOption = False
    columns: ColumnsOption = None
    targets: TargetsOption = CorpusConfig.targets
    encoder: EncoderOption = None
    attention: AttentionOption = None
    tokenizer: TokenizerChoiceOption = DEFAULT_TOKENIZER
    target_tokenizer: TargetTokenizerOption = None
    vocab_size: VocabSizeOption = None
    word_split: WordSplitOption = None
    layers: Annotated[int | None, Option(help="Number of layers.", sets="n_layer")] = None
    width: Annotated[int | None, Option(help="Units in each layer.", sets="d_model")] = None
    dropout: Annotated[float | None, Option(help="Share of units dropped while training.", sets="dropout")] = None
    memory: Annotated[int | None, Option(help="Attention window of a Transformer.", sets="memory")] = None
    minutes: Annotated[float | None, Option(help=f"Minutes to train; {DEFAULT_MINUTES:g} if no budget is given.")] = None
    steps: Annotated[int | None, Option(help="Steps to train.")] = None
    epochs: Annotated[float | None, Option(help="Epochs to train.")] = None
    lr: Annotated[float | None, Option(help="Peak learning rate.", sets="learning_rate")] = None
    window: Annotated[int | None, Option(help="Tokens that gradients flow back through.", sets="window")] = None
    streams: Annotated[int | None, Option(help="Batch size: positions read in parallel.", sets="n_streams")] = None
    clip: Annotated[float | None, Option(help="Largest norm of the gradient.", sets="clip_norm")] = None
    patience: Annotated[int | None, Option(help="Stop after this many validations without a better one; not with --minutes.", sets="patience")] = None
    precision: Annotated[Precision | None, Option(help="float32, bfloat16 or auto (the faster one).", sets="precision", metavar="TYPE")] = None
    seed: Annotated[int | None, Option(help="Random seed; with --steps, it repeats a run.", sets="seed")] = None
    seeds: Annotated[int, Option(help="Runs to train, each with the next seed.", shows_default=False)] = 1
    documents: DocumentsOption = CorpusConfig.documents
    field: FieldOption = CorpusConfig.field
    include: IncludeOption = CorpusConfig.include
    exclude: ExcludeOption = CorpusConfig.exclude
    valid_fraction: Annotated[float, Option(help="Share for validation.")] = CorpusConfig.valid_fraction
    test_fraction: Annotated[float, Option(help="Share for testing.")] = CorpusConfig.test_fraction
    valid: ValidOption = ()
    test: Annotated[tuple[str, ...], Option(help="Separate test text; may be repeated.", metavar="FILE")] = ()
    encoding: EncodingOption = CorpusConfig.encoding
    max_bytes: MaxBytesOption = None
    out: Annotated[str | None, Option(help="Run folder; by default under checkpoints/.", metavar="FOLDER")] = None
    save_every: Annotated[str, Option(help="Save this often, such as 5m.", metavar="TIME")] = f"{DEFAULT_SAVE_EVERY_S:g}s"
    resume: Annotated[str | None, Option(help="Continue RUN; budgets count from its start.", metavar="RUN")] = None
    corpus: Annotated[tuple[str, ...], Option(help="Where the text of --resume is now.", metavar="FILE")] = ()
    from_: Annotated[str | None, Option(help="Begin from this run or base, or from none.", metavar="RUN")] = None
    device: DeviceOption = DEFAULT_DEVICE
    verbose: Annotated[bool, Option(help="Say what was chosen, and why.", short="-v")] = False
    log: Annotated[tuple[str, ...], Option(help="tensorboard, or MODULE:FUNCTION of your own.", metavar="LOG")] = ()
    set_: Annotated[tuple[str, ...], Option(help="Any other field; --fields lists them.", metavar="FIELD=VALUE")] = ()
    fields: Annotated[bool, Option(help="List every field with its default.")] = False
    # fmt: on


@dataclass(frozen=True, kw_only=True)
class PlanOptions(Options):
    """What `seqgen plan` may be told."""

    combinations: ClassVar[Combinations] = Combinations(
        apart=(
            ("from_", "tokenizer"),
            ("from_", "vocab_size"),
            ("from_", "word_split"),
            ("field", "documents"),
            ("pairs", "field"),
            ("pairs", "documents"),
            ("pairs", "backward"),
        ),
        needs=dict.fromkeys(OF_PAIRS, "pairs"),
        reasons={"field": "makes each record a document", "pairs": "makes each pair a document"},
        off={"from_": NO_BASE},
    )

    texts: Annotated[tuple[str, ...], _TEXTS]
    minutes: Annotated[float, Option(help="Time for training.")] = DEFAULT_MINUTES
    cell: Annotated[Cell | None, Option(help="Kind of model; if left out, all but mingru are compared.")] = None
    backward: BackwardOption = CorpusConfig.backward
    pairs: PairsOption = False
    columns: ColumnsOption = None
    targets: TargetsOption = CorpusConfig.targets
    encoder: EncoderOption = None
    attention: AttentionOption = None
    tokenizer: TokenizerChoiceOption = DEFAULT_TOKENIZER
    target_tokenizer: TargetTokenizerOption = None
    vocab_size: VocabSizeOption = None
    word_split: WordSplitOption = None
    documents: DocumentsOption = CorpusConfig.documents
    field: FieldOption = CorpusConfig.field
    include: IncludeOption = CorpusConfig.include
    exclude: ExcludeOption = CorpusConfig.exclude
    valid: ValidOption = ()
    encoding: EncodingOption = CorpusConfig.encoding
    max_bytes: MaxBytesOption = None
    from_: Annotated[str | None, Option(help="Begin from this run or base, or from none.", metavar="RUN")] = None
    device: DeviceOption = DEFAULT_DEVICE
    set_: Annotated[tuple[str, ...], Option(help="Fix any field of seqgen train --fields.", metavar="FIELD=VALUE")] = ()
    as_json: JsonOption = False


@dataclass(frozen=True, kw_only=True)
class RaceOptions(Options):
    """What `seqgen race` may be told."""

    combinations: ClassVar[Combinations] = Combinations(
        apart=(("field", "documents"), ("pairs", "field"), ("pairs", "documents")),
        needs=dict.fromkeys(OF_PAIRS, "pairs"),
        reasons={"field": "makes each record a document", "pairs": "makes each pair a document"},
    )

    texts: Annotated[tuple[str, ...], _TEXTS]
    minutes: Annotated[float, Option(help="Time for each cell.")] = DEFAULT_MINUTES
    equal: Annotated[
        Literal["time", "parameters"],
        Option(help="time: each cell has the shape that suits it. parameters: each has as many as the default cell."),
    ] = "time"
    pairs: PairsOption = False
    columns: ColumnsOption = None
    targets: TargetsOption = CorpusConfig.targets
    encoder: EncoderOption = None
    attention: AttentionOption = None
    tokenizer: TokenizerChoiceOption = DEFAULT_TOKENIZER
    target_tokenizer: TargetTokenizerOption = None
    vocab_size: VocabSizeOption = None
    word_split: WordSplitOption = None
    documents: DocumentsOption = CorpusConfig.documents
    field: FieldOption = CorpusConfig.field
    include: IncludeOption = CorpusConfig.include
    exclude: ExcludeOption = CorpusConfig.exclude
    valid: ValidOption = ()
    encoding: EncodingOption = CorpusConfig.encoding
    max_bytes: MaxBytesOption = None
    seed: Annotated[int | None, Option(help="The same seed for every cell.", sets="seed")] = None
    seeds: Annotated[
        int, Option(help="Train every cell this many times, each time with the next seed.", shows_default=False)
    ] = 1
    device: DeviceOption = DEFAULT_DEVICE
    set_: Annotated[tuple[str, ...], Option(help="Set a field for every cell.", metavar="FIELD=VALUE")] = ()
    out: Annotated[
        str | None, Option(help="Folder of the runs and the picture; by default checkpoints/.", metavar="FOLDER")
    ] = None
    as_json: JsonOption = False
