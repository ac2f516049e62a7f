"""One token a UTF-8 byte: covers every text with a vocabulary of 257."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

import numpy as np

from seqgen.tokenizers.base import END_OF_TEXT, MARK, Encoding, Tokenizer

_MARK_BYTES = MARK.encode("utf-8", "surrogatepass")
_NEVER_UTF8 = b"\xff"  # a byte that no UTF-8 text holds stands in for the mark
_IDS = np.arange(1, 257, dtype=np.int32)
_IDS[_NEVER_UTF8[0]] = END_OF_TEXT


@final
class ByteTokenizer(Tokenizer):
    """Byte b has id b + 1."""

    kind = "byte"

    def __init__(self, *, separator: str = "") -> None:
        self.separator = separator

    @property
    def vocab_size(self) -> int:
        return 257

    def encode(self, text: str) -> Encoding:
        data = text.encode("utf-8", "surrogatepass").replace(_MARK_BYTES, _NEVER_UTF8)
        return Encoding(_IDS[np.frombuffer(data, dtype=np.uint8)])

    def token_bytes(self, token: int, previous: int) -> bytes:
        return bytes((token - 1,))

    def state(self) -> dict[str, Any]:
        return {"separator": self.separator}

    @classmethod
    def restore(cls, state: Mapping[str, Any], bulk: bytes) -> ByteTokenizer:
        return cls(separator=state["separator"])
