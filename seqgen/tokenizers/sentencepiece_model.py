"""What a model of the sentencepiece library holds: its pieces, their scores, and the algorithm that learned them.

The library reads such a model, but does not say which algorithm it is for. The format is protobuf's, of which only two
kinds of field matter here, so no further package is needed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from seqgen.config import SentencePieceModel
from seqgen.tokenizers.sentencepiece import SPACE_MARK

_PIECES, _TRAINER = 1, 2
"""Numbers of the fields of a model."""
_TEXT, _SCORE = 1, 2
"""Numbers of the fields of a piece."""
_ALGORITHM = 3
"""The number of the field of the trainer's settings that names the algorithm."""
_ALGORITHMS: dict[int, SentencePieceModel] = {1: "unigram", 2: "bpe"}
_FIRST_PIECE_ID = 257  # after the end-of-text token and the bytes

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
"""Types of a field on the wire."""


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
            piece = dict(_fields(bytes(value)))
            texts.append(bytes(piece[_TEXT]).decode().replace(SPACE_MARK, " "))
            scores.append(struct.unpack("<f", piece.get(_SCORE, b"\0\0\0\0"))[0])
        elif number == _TRAINER:
            code = dict(_fields(bytes(value))).get(_ALGORITHM, b"\1")
            algorithm = _ALGORITHMS[code[0]]
    return Pieces(algorithm, tuple(texts[_FIRST_PIECE_ID:]), tuple(scores[_FIRST_PIECE_ID:]))


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The number and the value of each field of a message. A number that fits in one byte is this byte."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == _VARINT:
            start = at
            _, at = _varint(message, at)
        else:
            length = {_FIXED64: 8, _FIXED32: 4}.get(wire_type)
            start = at
            if length is None:
                assert wire_type == _BYTES, f"the field {number} has the unknown type {wire_type}"
                length, start = _varint(message, at)
            at = start + length
        yield number, message[start:at]


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """The number that begins at a place, seven bits in a byte, and the place after it."""
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
