"""One token for each UTF-8 byte: a vocabulary of 257 that covers every text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, final

import numpy as np

from seqgen.config import ByteConfig
from seqgen.tokenizers.base import Encoding, Tokenizer
from seqgen.tokenizers.end_of_text import END_OF_TEXT, MARK
from seqgen.tokenizers.restoring import read_text

_MARK_BYTES = MARK.encode("utf-8", "surrogatepass")
_NEVER_UTF8 = b"\xff"  # no UTF-8 text contains this byte, so it can stand in for the mark
_IDS = np.arange(1, 257, dtype=np.int32)
_IDS[_NEVER_UTF8[0]] = END_OF_TEXT


@final
class ByteTokenizer(Tokenizer):
    """The byte b has the id b + 1."""

    kind = "byte"

    def __init__(self, *, separator: str = "") -> None:
        self.separator = separator

    @classmethod
    def train(cls, chunks: Iterable[str], config: ByteConfig, *, n_bytes: int, separator: str = "") -> ByteTokenizer:
        """The vocabulary is the same for every text, so nothing is read."""
        return cls(separator=separator)

    @classmethod
    def restore(cls, state: Mapping[str, Any], bulk: bytes) -> ByteTokenizer:
        return cls(separator=read_text(state, "separator"))

    def state(self) -> dict[str, Any]:
        return {"separator": self.separator}

    @property
    def vocab_size(self) -> int:
        return 257

    def encode(self, text: str) -> Encoding:
        data = text.encode("utf-8", "surrogatepass").replace(_MARK_BYTES, _NEVER_UTF8)
        return Encoding(_IDS[np.frombuffer(data, dtype=np.uint8)])

    def token_bytes(self, token: int, previous: int) -> bytes:
        return bytes((token - 1,))
