"""Vocabularies as a page carries them: what its tokenizers need, as JSON values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from seqgen.config import TokenizerKind
from seqgen.errors import TokenizerError
from seqgen.export.character_classes import runs_of
from seqgen.tokenizers import Tokenizer
from seqgen.tokenizers.sentencepiece import SentencePieceTokenizer
from seqgen.tokenizers.sentencepiece_model import read_pieces
from seqgen.tokenizers.whitespace import WhitespaceTokenizer
from seqgen.tokenizers.word import WordTokenizer, letters


def describe_vocabulary(tokenizer: Tokenizer) -> dict[str, Any]:
    """Everything that a page needs to encode and decode as this tokenizer does.

    >>> from seqgen.config import CharConfig
    >>> from seqgen.tokenizers import train_tokenizer
    >>> describe_vocabulary(train_tokenizer(CharConfig(), ["cab"], n_bytes=3))
    {'kind': 'char', 'separator': '', 'characters': ['a', 'b', 'c']}

    Raises:
        TokenizerError: a page has no tokenizer of this kind.
    """
    describe = _DESCRIBE.get(tokenizer.kind)
    if describe is None:
        raise TokenizerError(f"a page cannot hold the vocabulary of a {tokenizer.kind} tokenizer")
    return {"kind": tokenizer.kind, "separator": tokenizer.separator, **describe(tokenizer)}


def _characters(tokenizer: Tokenizer) -> dict[str, Any]:
    assert tokenizer.alphabet is not None
    return {"characters": list(tokenizer.alphabet.characters)}


def _nothing(tokenizer: Tokenizer) -> dict[str, Any]:
    return {}


def _words(tokenizer: Tokenizer) -> dict[str, Any]:
    words = cast(WordTokenizer, tokenizer).words
    return {**_characters(tokenizer), "words": list(words), "ranges": _python_ranges()}


def _closed_words(tokenizer: Tokenizer) -> dict[str, Any]:
    return {"words": list(cast(WhitespaceTokenizer, tokenizer).words)}


def _pieces(tokenizer: Tokenizer) -> dict[str, Any]:
    pieces = read_pieces(cast(SentencePieceTokenizer, tokenizer).bulk())
    scores = [float(str(np.float32(score))) for score in pieces.scores]  # as few digits as float32 needs
    return {"model": pieces.algorithm, "pieces": list(pieces.texts), "scores": scores}


_DESCRIBE: dict[TokenizerKind, Callable[[Tokenizer], dict[str, Any]]] = {
    "char": _characters,
    "byte": _nothing,
    "word": _words,
    "whitespace": _closed_words,
    "sentencepiece": _pieces,
}


def _python_ranges() -> dict[str, list[int]]:
    """First and last code points of the letters, digits and spaces that the word tokenizer goes by."""
    kinds = {"letters": letters(), "digits": r"\d", "spaces": r"\s"}
    return {name: [ord(end) for run in runs_of(kind) for end in run] for name, kind in kinds.items()}
