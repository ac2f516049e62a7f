"""The options of `seqgen tokenize` and `seqgen corpus`, in the order of their help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from seqgen.cli.shared.options import (
    Argument,
    Combinations,
    DocumentsOption,
    EncodingOption,
    ExcludeOption,
    FieldOption,
    IncludeOption,
    JsonOption,
    MaxBytesOption,
    Option,
    Options,
    TokenizerOption,
    VocabSizeOption,
    WordSplitOption,
)
from seqgen.config import DEFAULT_ENCODING, DEFAULT_TOKENIZER, CorpusConfig


@dataclass(frozen=True, kw_only=True)
class TokenizeOptions(Options):
    """What `seqgen tokenize` may be told."""

    # fmt: off
    file: Annotated[str, Argument(help="Text file, folder, or - for standard input.", metavar="FILE")]
    tokenizer: TokenizerOption = DEFAULT_TOKENIZER
    vocab_size: VocabSizeOption = None
    word_split: WordSplitOption = None
    set_: Annotated[tuple[str, ...], Option(help="Any other field, such as sentencepiece_model=unigram.", metavar="FIELD=VALUE")] = ()
    show: Annotated[int, Option(help="Number of tokens to show.")] = 60
    check: Annotated[bool, Option(help="Exit with 0 if decoding the tokens gives the text back, with 1 if not.")] = False
    encoding: EncodingOption = DEFAULT_ENCODING
    max_bytes: MaxBytesOption = None
    as_json: JsonOption = False
    # fmt: on


@dataclass(frozen=True, kw_only=True)
class StatsOptions(Options):
    """What `seqgen corpus stats` may be told."""

    combinations: ClassVar[Combinations] = Combinations(
        apart=(("field", "documents"),), reasons={"field": "makes each record a document"}
    )

    paths: Annotated[tuple[str, ...], Argument(help="Files, folders, or - for standard input.", metavar="TEXT")]
    documents: DocumentsOption = CorpusConfig.documents
    field: FieldOption = CorpusConfig.field
    include: IncludeOption = CorpusConfig.include
    exclude: ExcludeOption = CorpusConfig.exclude
    encoding: EncodingOption = DEFAULT_ENCODING
    max_bytes: MaxBytesOption = None
    as_json: JsonOption = False


@dataclass(frozen=True, kw_only=True)
class FetchOptions(Options):
    """What `seqgen corpus fetch` may be told."""

    name: Annotated[str, Argument(help="A name from seqgen corpus list.", metavar="NAME")]
