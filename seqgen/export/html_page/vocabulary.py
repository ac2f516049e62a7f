"""Vocabularies as a page carries them: what its tokenizers need, as JSON values."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cache
from itertools import chain
from typing import Any, cast

import numpy as np

from seqgen.config import TokenizerKind
from seqgen.errors import TokenizerError
from seqgen.tokenizers import Tokenizer
from seqgen.tokenizers.sentencepiece import SentencePieceTokenizer
from seqgen.tokenizers.whitespace import WhitespaceTokenizer
from seqgen.tokenizers.word import WordTokenizer, find_words

_FIRST_PIECE = 257
"""Pieces follow the end-of-text token and 256 bytes."""


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
    import sentencepiece

    model = cast(SentencePieceTokenizer, tokenizer).bulk()
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    ids = range(_FIRST_PIECE, processor.vocab_size())
    scores = [float(str(np.float32(processor.get_score(number)))) for number in ids]
    # The library numbers the merges of byte pairs 0, -1, -2, ...; logarithms of probabilities are no such numbers.
    is_bpe = all(score == -number for number, score in enumerate(scores))
    pieces = [processor.id_to_piece(number) for number in ids]
    return {"model": "bpe" if is_bpe else "unigram", "pieces": pieces, "scores": scores}


_DESCRIBE: dict[TokenizerKind, Callable[[Tokenizer], dict[str, Any]]] = {
    "char": _characters,
    "byte": _nothing,
    "word": _words,
    "whitespace": _closed_words,
    "sentencepiece": _pieces,
}


@cache
def _python_ranges() -> dict[str, list[int]]:
    """First and last code points of the letters, digits and spaces that the word tokenizer goes by."""
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    runs = {"letters": find_words(every), "digits": re.findall(r"\d+", every), "spaces": re.findall(r"\s+", every)}
    return {
        name: list(chain.from_iterable((ord(run[0]), ord(run[-1])) for run in found)) for name, found in runs.items()
    }
