"""What a model of the sentencepiece library holds: its pieces, their scores, and the algorithm that learned them.

The library reads such a model, but does not say which algorithm it is for. The format is protobuf's, of which only two
kinds of field matter here, so no further package is needed.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from seqgen.config import SentencePieceModel

SPACE_MARK = "\u2581"
"""How the library writes a space. Where this character stands in the text itself, it is spelled in byte tokens."""

_PIECES, _TRAINER, _NORMALIZER = 1, 2, 3
"""Numbers of the fields of a model."""
_TEXT, _SCORE, _TYPE = 1, 2, 3
"""Numbers of the fields of a piece."""
_NORMAL, _UNKNOWN, _BYTE = 1, 2, 6
"""Types of a piece. The library spells what has no piece in those of bytes."""
_ALGORITHM, _BYTE_FALLBACK = 3, 35
"""Numbers of fields of the trainer's settings: the algorithm, and whether there are pieces of bytes."""
_RULES = 2
"""The number of the normalizer's field with compiled rules: a table into which the library follows offsets."""
_ALGORITHMS: dict[int, SentencePieceModel] = {1: "unigram", 2: "bpe"}
_FIRST_PIECE_ID = 257  # after the end-of-text token and the bytes

_VARINT, _BYTES = 0, 2
"""Types of a field on the wire."""
_LENGTHS = {1: 8, 5: 4}
"""The other types, and how many bytes their values have."""
_LONGEST_VARINT = 10
"""Bytes of a number."""


@dataclass(frozen=True)
class Pieces:
    """The pieces of a vocabulary, without the end-of-text token and the bytes. `texts[i]` has the id 257 + i.

    >>> from seqgen.config import SentencePieceConfig
    >>> from seqgen.tokenizers import train_tokenizer
    >>> tokenizer = train_tokenizer(SentencePieceConfig(vocab_size=262), ["ab ab ab c"], n_bytes=10)
    >>> pieces = read_pieces(tokenizer.bulk())
    >>> pieces.algorithm, pieces.texts, pieces.scores[:2]
    ('bpe', ('ab', 'a', 'b', ' ', 'c'), (-0.0, -1.0))
    """

    algorithm: SentencePieceModel
    texts: tuple[str, ...]
    """With spaces as they stand in a text."""
    scores: tuple[float, ...]
    """Of bpe: minus the order in which the pieces were learned. Of unigram: the logarithms of their probabilities."""


def read_pieces(model: bytes) -> Pieces:
    """The pieces of a serialised model, which is the `bulk` of a tokenizer."""
    texts: list[str] = []
    scores: list[float] = []
    algorithm = _ALGORITHMS[1]  # the format's default, which is not written out
    for number, value in _fields(model):
        if number == _PIECES:
            piece = dict(_fields(value))
            texts.append(piece[_TEXT].decode().replace(SPACE_MARK, " "))
            scores.append(struct.unpack("<f", piece.get(_SCORE, b"\0\0\0\0"))[0])
        elif number == _TRAINER:
            code = dict(_fields(value)).get(_ALGORITHM, b"\1")
            algorithm = _ALGORITHMS[code[0]]
    return Pieces(algorithm, tuple(texts[_FIRST_PIECE_ID:]), tuple(scores[_FIRST_PIECE_ID:]))


def require_own(model: bytes) -> None:
    """Check that a serialised model is of the kind that seqgen trains, before the library's C++ reads it.

    Raises:
        ValueError: it is damaged, or another program has made it.

    >>> require_own(b"a model")
    Traceback (most recent call last):
    ValueError: the model of the library has a field that seqgen does not write
    """
    fields = list(_fields(model))
    pieces = [_read_piece(value) for number, value in fields if number == _PIECES]
    others = [(number, dict(_fields(value))) for number, value in fields if number != _PIECES]
    if sorted(number for number, _ in others) != [_TRAINER, _NORMALIZER]:
        raise ValueError("the model of the library has a field that seqgen does not write")
    trainer, normalizer = dict(others)[_TRAINER], dict(others)[_NORMALIZER]
    if normalizer.get(_RULES, b""):
        raise ValueError("the model of the library changes texts")
    if trainer.get(_ALGORITHM, b"\1")[0] not in _ALGORITHMS or trainer.get(_BYTE_FALLBACK) != b"\1":
        raise ValueError("the model of the library is for another algorithm")
    types = [piece_type for _, piece_type in pieces]
    if types[:_FIRST_PIECE_ID] != [_UNKNOWN, *[_BYTE] * 256] or set(types[_FIRST_PIECE_ID:]) - {_NORMAL}:
        raise ValueError("the model of the library has its pieces in another order")
    texts = [text for text, _ in pieces]
    if texts[1:_FIRST_PIECE_ID] != [f"<0x{byte:02X}>" for byte in range(256)] or len(set(texts)) < len(texts):
        raise ValueError("the model of the library has the same piece twice, or lacks a byte")


def _read_piece(message: bytes) -> tuple[str, int]:
    """The text and the type of a piece."""
    fields = dict(_fields(message))
    score = fields.get(_SCORE, bytes(4))
    if not fields.get(_TEXT) or len(score) != 4 or not math.isfinite(struct.unpack("<f", score)[0]):
        raise ValueError("the model of the library has a piece without a text or a score")
    return fields[_TEXT].decode(), fields.get(_TYPE, bytes((_NORMAL,)))[0]


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The number and the value of each field of a message. A number that fits in one byte is this byte.

    Raises:
        ValueError: a field does not end within the message, or has an unknown type.
    """
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == _VARINT:
            start = at
            _, at = _varint(message, at)
        elif wire_type == _BYTES:
            length, start = _varint(message, at)
            at = start + length
        else:
            start, at = at, at + _LENGTHS.get(wire_type, len(message))
        if at > len(message):
            raise ValueError("the model of the library has a field that seqgen does not write")
        yield number, message[start:at]


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """The number that begins at a place, seven bits in a byte, and the place after it."""
    value = 0
    for shift, byte in enumerate(message[at : at + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value, at + shift + 1
    raise ValueError("the model of the library has a number without an end")
