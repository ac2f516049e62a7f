"""Text <-> ids: five ways behind one contract. No torch here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seqgen.config import (
    ByteConfig,
    CharConfig,
    SentencePieceConfig,
    TokenizerConfig,
    TokenizerKind,
    WordConfig,
)
from seqgen.errors import RunError
from seqgen.tokenizers.base import END_OF_TEXT, MARK, Detokenizer, Encoding, Tokenizer, mark_separators
from seqgen.tokenizers.byte import ByteTokenizer
from seqgen.tokenizers.char import CharTokenizer
from seqgen.tokenizers.sentencepiece import SentencePieceTokenizer
from seqgen.tokenizers.whitespace import WhitespaceTokenizer
from seqgen.tokenizers.word import WordTokenizer

__all__ = [
    "END_OF_TEXT",
    "MARK",
    "TOKENIZERS",
    "Detokenizer",
    "Encoding",
    "Tokenizer",
    "mark_separators",
    "restore_tokenizer",
    "train_tokenizer",
]

TOKENIZERS: dict[TokenizerKind, type[Tokenizer]] = {
    "char": CharTokenizer,
    "byte": ByteTokenizer,
    "word": WordTokenizer,
    "whitespace": WhitespaceTokenizer,
    "sentencepiece": SentencePieceTokenizer,
}


def train_tokenizer(config: TokenizerConfig, chunks: Iterable[str], *, n_bytes: int, separator: str = "") -> Tokenizer:
    """Build a vocabulary from the training part, given as chunks of text with marks, `n_bytes` in all.

    Raises:
        TokenizerError: the text does not support the vocabulary that was asked for.
    """
    match config:
        case CharConfig():
            return CharTokenizer.train(chunks, separator=separator)
        case ByteConfig():
            return ByteTokenizer(separator=separator)
        case WordConfig(word_split="whitespace"):
            return WhitespaceTokenizer.train(chunks, vocab_size=config.vocab_size, separator=separator)
        case WordConfig():
            return WordTokenizer.train(chunks, vocab_size=config.vocab_size, separator=separator)
        case SentencePieceConfig():
            return SentencePieceTokenizer.train(chunks, config, n_bytes=n_bytes, separator=separator)


def restore_tokenizer(kind: str, state: Mapping[str, Any], bulk: bytes) -> Tokenizer:
    """The tokenizer that a model file describes.

    Raises:
        RunError: the file names a kind that this version does not have.
    """
    if kind not in TOKENIZERS:
        raise RunError(f"the model file names the tokenizer {kind!r}, which this version of seqgen does not have")
    return TOKENIZERS[kind].restore(state, bulk)
