"""Text to ids and back: five tokenizers behind one contract, and one of labels. No torch here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from seqgen.config import LabelConfig, TokenizerConfig, TokenizerKind, TokenizerName
from seqgen.errors import RunError
from seqgen.tokenizers.base import Encoding, Tokenizer
from seqgen.tokenizers.byte import ByteTokenizer
from seqgen.tokenizers.char import CharTokenizer
from seqgen.tokenizers.detokenizer import Detokenizer
from seqgen.tokenizers.end_of_text import END_OF_TEXT, MARK, mark_separators
from seqgen.tokenizers.label import LabelTokenizer
from seqgen.tokenizers.round_trip import RoundTrip, comes_back
from seqgen.tokenizers.sentencepiece import SentencePieceTokenizer
from seqgen.tokenizers.whitespace import WhitespaceTokenizer
from seqgen.tokenizers.word import WordTokenizer

__all__ = [
    "END_OF_TEXT",
    "KINDS",
    "MARK",
    "TOKENIZERS",
    "Detokenizer",
    "Encoding",
    "RoundTrip",
    "Tokenizer",
    "comes_back",
    "mark_separators",
    "restore_tokenizer",
    "train_tokenizer",
]

KINDS: dict[TokenizerKind, type[Tokenizer]] = {
    "char": CharTokenizer,
    "byte": ByteTokenizer,
    "word": WordTokenizer,
    "whitespace": WhitespaceTokenizer,
    "sentencepiece": SentencePieceTokenizer,
    "label": LabelTokenizer,
}
"""Every tokenizer that a model file may have."""

TOKENIZERS: dict[TokenizerName, type[Tokenizer]] = {name: KINDS[name] for name in get_args(TokenizerName)}
"""The tokenizers that any text can be encoded by."""


def train_tokenizer(
    config: TokenizerConfig | LabelConfig, chunks: Iterable[str], *, n_bytes: int, separator: str = ""
) -> Tokenizer:
    """Build a vocabulary from the training part: chunks of text with marks, `n_bytes` of UTF-8 together.

    >>> from seqgen.config import CharConfig
    >>> from seqgen.tokenizers import train_tokenizer
    >>> tokenizer = train_tokenizer(CharConfig(), ["hello"], n_bytes=5)
    >>> tokenizer.vocab_size
    5
    >>> tokenizer.encode("hole").ids.tolist()
    [2, 4, 3, 1]
    >>> tokenizer.decode([2, 4, 3, 1])
    'hole'

    Raises:
        TokenizerError: the text is empty, or does not support the vocabulary size in `config`.
    """
    return KINDS[config.name].train(chunks, config, n_bytes=n_bytes, separator=separator)


def restore_tokenizer(kind: str, state: Mapping[str, Any], *, bulk: bytes) -> Tokenizer:
    """The tokenizer that a model file describes.

    >>> from seqgen.tokenizers import restore_tokenizer
    >>> restore_tokenizer("byte", {"separator": ""}, bulk=b"").vocab_size
    257

    Raises:
        RunError: the file names a kind that this version does not have.
    """
    if kind not in KINDS:
        raise RunError(f"the model file names the tokenizer {kind!r}, which this version of seqgen does not have")
    return KINDS[kind].restore(state, bulk)
