"""How text becomes tokens: a class of configuration for each tokenizer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from seqgen.config.fields import require, require_at_most, require_choice
from seqgen.config.ngrams import MOST_IDS
from seqgen.errors import ConfigError

TokenizerName = Literal["char", "byte", "word", "whitespace", "sentencepiece"]
"""The tokenizers of texts."""
TokenizerKind = Literal[TokenizerName, "label"]
"""All tokenizers: those of texts, and that of labels, which no text can be encoded by."""
SentencePieceModel = Literal["bpe", "unigram"]

TokenizerChoice = Literal[TokenizerName, "auto"]
"""`auto` takes the one that does best in short trials."""

DEFAULT_TOKENIZER: TokenizerName = "char"


@dataclass(frozen=True, kw_only=True)
class CharConfig:
    """One token for each Unicode character of the training part.

    >>> from seqgen.config import CharConfig
    >>> CharConfig().name
    'char'
    """

    name: ClassVar[TokenizerName] = "char"


@dataclass(frozen=True, kw_only=True)
class ByteConfig:
    """One token for each of the 256 bytes.

    >>> from seqgen.config import ByteConfig
    >>> ByteConfig().name
    'byte'
    """

    name: ClassVar[TokenizerName] = "byte"


@dataclass(frozen=True, kw_only=True)
class WordConfig:
    """Words of the training part; other words are spelled in characters.

    >>> from seqgen.config import WordConfig
    >>> WordConfig(vocab_size=5000)
    WordConfig(vocab_size=5000)
    """

    name: ClassVar[TokenizerName] = "word"
    vocab_size: int | None = None
    """None: the words that occur at least twice, within a limit."""

    def __post_init__(self) -> None:
        _require_vocab_size(self, 2)


@dataclass(frozen=True, kw_only=True)
class WhitespaceConfig:
    """Words between spaces, in a closed vocabulary that refuses other words: the rule of the word benchmarks.

    >>> from seqgen.config import WhitespaceConfig
    >>> WhitespaceConfig().name
    'whitespace'
    """

    name: ClassVar[TokenizerName] = "whitespace"
    vocab_size: int | None = None
    """At least as large as the words of the training part need. None: exactly so large."""

    def __post_init__(self) -> None:
        _require_vocab_size(self, 2)


@dataclass(frozen=True, kw_only=True)
class SentencePieceConfig:
    """Pieces of words, learned by the sentencepiece library.

    >>> from seqgen.config import SentencePieceConfig
    >>> SentencePieceConfig(sentencepiece_model="unigram")
    SentencePieceConfig(vocab_size=None, sentencepiece_model='unigram')
    """

    name: ClassVar[TokenizerName] = "sentencepiece"
    vocab_size: int | None = None
    """None: a size that suits the length of the text."""
    sentencepiece_model: SentencePieceModel = "bpe"

    def __post_init__(self) -> None:
        _require_vocab_size(self, 258)  # the end-of-text token, 256 bytes and one piece
        require_choice(self, "sentencepiece_model", SentencePieceModel)


@dataclass(frozen=True, kw_only=True)
class LabelConfig:
    """One token for each distinct target of the training part.

    >>> from seqgen.config import LabelConfig
    >>> LabelConfig().name
    'label'
    """

    name: ClassVar[TokenizerKind] = "label"


TokenizerConfig = CharConfig | ByteConfig | WordConfig | WhitespaceConfig | SentencePieceConfig

TOKENIZER_CONFIGS: dict[TokenizerName, type[TokenizerConfig]] = {
    "char": CharConfig,
    "byte": ByteConfig,
    "word": WordConfig,
    "whitespace": WhitespaceConfig,
    "sentencepiece": SentencePieceConfig,
}

WORD_SPLITS: dict[str, TokenizerName] = {"pattern": "word", "whitespace": "whitespace"}
"""The values of `word_split`, an old option of the word tokenizer, and the tokenizer that each stands for today."""


def resolve_word_split(name: TokenizerName, word_split: str) -> TokenizerName:
    """The tokenizer that a request means if it still uses the old option `word_split`.

    >>> from seqgen.config import resolve_word_split
    >>> resolve_word_split("word", "whitespace")
    'whitespace'

    Raises:
        ConfigError: the tokenizer is not word, or the value is unknown.
    """
    if name != "word":
        raise ConfigError(f"does not belong to the tokenizer {name}: it belongs to word", field="word_split")
    if word_split not in WORD_SPLITS:
        raise ConfigError(f"is {word_split!r}: it must be one of {', '.join(WORD_SPLITS)}", field="word_split")
    return WORD_SPLITS[word_split]


def _require_vocab_size(config: WordConfig | WhitespaceConfig | SentencePieceConfig, smallest: int) -> None:
    is_allowed = config.vocab_size is None or config.vocab_size >= smallest
    require(config, "vocab_size", is_allowed, f"{smallest} or more")
    require_at_most(config, "vocab_size", most=MOST_IDS)
