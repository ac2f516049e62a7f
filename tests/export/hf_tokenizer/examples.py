"""A vocabulary of every kind that knows many scripts, and texts to compare on."""

from __future__ import annotations

from functools import cache

from seqgen.config import (
    ByteConfig,
    CharConfig,
    SentencePieceConfig,
    TokenizerConfig,
    WhitespaceConfig,
    WordConfig,
)
from seqgen.tokenizers import MARK, Tokenizer, train_tokenizer
from tests.export.scripts import NASTY, texts_of_many_scripts

CONFIGS: dict[str, TokenizerConfig] = {
    "char": CharConfig(),
    "byte": ByteConfig(),
    "word": WordConfig(),
    "whitespace": WhitespaceConfig(),
    "bpe": SentencePieceConfig(vocab_size=1300),
    "unigram": SentencePieceConfig(vocab_size=1300, sentencepiece_model="unigram"),
}
OPEN = [name for name in CONFIGS if name != "whitespace"]
"""Those that refuse no text."""
SEPARATORS = ["", "\n", "\r\n\r\n", "\n***\n"]


@cache
def texts() -> list[str]:
    return [*texts_of_many_scripts(2000), *NASTY]


@cache
def trained(name: str, separator: str = "") -> Tokenizer:
    """A vocabulary of a part of the texts, so that the others have characters that it does not know."""
    corpus = "\n".join([*texts()[:300], *NASTY])
    marked = corpus.replace(separator, MARK) if separator else corpus
    return train_tokenizer(CONFIGS[name], [marked], n_bytes=len(corpus.encode()), separator=separator)


def known(name: str, separator: str = "") -> list[str]:
    """Texts that the vocabulary does not refuse."""
    return texts() if name in OPEN else [*texts()[:300], *NASTY]


def ids_of(tokenizer: Tokenizer, text: str) -> list[int]:
    ids: list[int] = tokenizer.encode(tokenizer.mark(text)).ids.tolist()
    return ids
