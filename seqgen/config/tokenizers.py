"""How text becomes tokens: a class for each tokenizer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from seqgen.config.fields import require, require_choice

TokenizerName = Literal["char", "byte", "word", "sentencepiece"]
TokenizerKind = Literal["char", "byte", "word", "whitespace", "sentencepiece"]
WordSplit = Literal["pattern", "whitespace"]
SentencePieceModel = Literal["bpe", "unigram"]


@dataclass(frozen=True, kw_only=True)
class CharConfig:
    """Unicode characters of the training part."""

    name: ClassVar[TokenizerName] = "char"


@dataclass(frozen=True, kw_only=True)
class ByteConfig:
    """The 256 bytes."""

    name: ClassVar[TokenizerName] = "byte"


@dataclass(frozen=True, kw_only=True)
class WordConfig:
    """Words of the training part; `whitespace` is the closed-vocabulary benchmark rule."""

    name: ClassVar[TokenizerName] = "word"
    vocab_size: int | None = None
    word_split: WordSplit = "pattern"

    def __post_init__(self) -> None:
        require(self, "vocab_size", self.vocab_size is None or self.vocab_size >= 2, "2 or more")
        require_choice(self, "word_split", WordSplit)


@dataclass(frozen=True, kw_only=True)
class SentencePieceConfig:
    """Pieces learned by the sentencepiece library."""

    name: ClassVar[TokenizerName] = "sentencepiece"
    vocab_size: int | None = None
    sentencepiece_model: SentencePieceModel = "bpe"

    def __post_init__(self) -> None:
        require(self, "vocab_size", self.vocab_size is None or self.vocab_size >= 258, "258 or more")
        require_choice(self, "sentencepiece_model", SentencePieceModel)


TokenizerConfig = CharConfig | ByteConfig | WordConfig | SentencePieceConfig

TOKENIZER_CONFIGS: dict[TokenizerName, type[TokenizerConfig]] = {
    "char": CharConfig,
    "byte": ByteConfig,
    "word": WordConfig,
    "sentencepiece": SentencePieceConfig,
}
