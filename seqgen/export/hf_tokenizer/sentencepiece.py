"""Pieces of the sentencepiece library, by either of its algorithms, with bytes to fall back on.

Spaces in pieces are written as they are. So texts may contain the mark that sentencepiece writes for a space: it is
spelled in bytes, as in seqgen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from seqgen.config import SentencePieceModel
from seqgen.errors import TokenizerError
from seqgen.export.hf_tokenizer.segments import split_into_segments
from seqgen.tokenizers.sentencepiece import SentencePieceTokenizer
from seqgen.tokenizers.sentencepiece_model import Pieces, read_pieces

if TYPE_CHECKING:
    import tokenizers
    from tokenizers import models, pre_tokenizers

_BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
"""How both libraries name bytes."""
_BYTE_NAME = ("<", "0", "x", "[0-9A-F]", "[0-9A-F]", ">")
"""What the characters of such a name match."""
_TIES_NOTE = "where the same unigram pieces fit in two orders, as in a run like =====, it may take the other order"
"""Both are equally likely, and rounding decides: sentencepiece adds in 32 bits, the tokenizers library in 64."""
_INVALID_NOTE = "bytes that are not UTF-8, which a model may write, may show as more or fewer U+FFFD"
_JAVASCRIPT_NOTE = (
    "in JavaScript, a character that is no piece is read as the end of a text, because @huggingface/tokenizers 0.2 "
    "does not spell it in bytes"
)
_UNUSED_SCORE = 0.0
"""The score of tokens that no text is cut into. It is the highest, so that it is not taken for that of rare pieces."""


def build(tokenizer: SentencePieceTokenizer, end_of_text: str) -> tokenizers.Tokenizer:
    from tokenizers import Tokenizer, decoders, pre_tokenizers

    pieces = read_pieces(tokenizer.bulk())
    built = Tokenizer(_MODELS[pieces.algorithm](pieces, end_of_text))
    steps = [split_into_segments()]
    if pieces.algorithm == "unigram":
        names = [_BYTE_NAME] if tokenizer.separator else [_BYTE_NAME, tuple(map(re.escape, end_of_text))]
        steps += [_split_inside(name, pieces) for name in names]
    built.pre_tokenizer = pre_tokenizers.Sequence(steps)
    built.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    return built


def notes_on(tokenizer: SentencePieceTokenizer) -> tuple[str, ...]:
    """For which texts and ids the library differs."""
    return (*([_TIES_NOTE] if _is_unigram(tokenizer) else []), _INVALID_NOTE)


def notes_on_javascript(tokenizer: SentencePieceTokenizer) -> tuple[str, ...]:
    """For which texts the library's twin in JavaScript differs as well."""
    return (_JAVASCRIPT_NOTE,) if _is_unigram(tokenizer) else ()


def _is_unigram(tokenizer: SentencePieceTokenizer) -> bool:
    return read_pieces(tokenizer.bulk()).algorithm == "unigram"


def merges_of(pieces: Pieces) -> list[tuple[str, str]]:
    """The pairs of pieces that are joined to one, those that are joined earlier first.

    >>> from seqgen.tokenizers.sentencepiece_model import Pieces
    >>> merges_of(Pieces("bpe", ("ab", "abc", "a", "b", "c"), (-0.0, -1.0, -2.0, -3.0, -4.0)))
    [('a', 'b'), ('ab', 'c')]
    """
    known = set(pieces.texts)
    ranked = sorted(zip(pieces.scores, pieces.texts, strict=True), key=lambda piece: -piece[0])
    pairs = [(text[:end], text[end:]) for _, text in ranked for end in range(1, len(text))]
    return [(left, right) for left, right in pairs if left in known and right in known]


def _bpe(pieces: Pieces, end_of_text: str) -> models.Model:
    from tokenizers import models

    vocab = {token: number for number, token in enumerate([end_of_text, *_BYTES, *pieces.texts])}
    return models.BPE(vocab=vocab, merges=merges_of(pieces), byte_fallback=True)


def _unigram(pieces: Pieces, end_of_text: str) -> models.Model:
    from tokenizers import models

    unused = [(token, _UNUSED_SCORE) for token in (end_of_text, *_BYTES)]
    return models.Unigram([*unused, *zip(pieces.texts, pieces.scores, strict=True)], unk_id=0, byte_fallback=True)


_MODELS: dict[SentencePieceModel, Callable[[Pieces, str], models.Model]] = {"bpe": _bpe, "unigram": _unigram}


def _split_inside(name: Sequence[str], pieces: Pieces) -> pre_tokenizers.PreTokenizer:
    """The step that cuts a text inside of a token's name, because the unigram model would take it for the token.

    `name` has an expression for each character. The cut is where no piece reaches across, so that it changes nothing.
    """
    from tokenizers import Regex, pre_tokenizers

    for end in range(1, len(name)):
        if not any(re.search(name[end - 1] + name[end], text) for text in pieces.texts):
            before, after = "".join(name[:end]), "".join(name[end:])
            return pre_tokenizers.Split(Regex(f"(?<={before})(?={after})"), behavior="isolated")
    raise TokenizerError(
        f"the vocabulary has pieces like {''.join(name)}, which tokenizer.json would confuse with tokens: "
        "train with --set sentencepiece_model=bpe"
    )
