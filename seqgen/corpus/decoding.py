"""Bytes to text block by block, and one line that says what is wrong where that fails."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO, final

from seqgen.corpus.encodings import advise
from seqgen.corpus.file_kinds import HEAD_BYTES, kind_of
from seqgen.errors import CorpusError

_BLOCK_BYTES = 1 << 20
"""Bytes that are read and decoded at once."""
_MAX_JUDGED_BLOCKS = 16
"""Blocks by which the encoding of a text is judged that cannot be decoded."""
_KEPT_BYTES = 1 << 12
"""Bytes of earlier blocks that are kept, to show what comes before a place."""
_NAME_IT = "name its encoding with --encoding"


@final
class Decoding:
    """Decodes one file, and knows where it is.

    >>> import codecs, io
    >>> decoder = codecs.getincrementaldecoder("utf-8")()
    >>> list(Decoding("a.txt", "utf-8", decoder).decode(io.BytesIO("é".encode())))
    ['é']
    """

    def __init__(self, file: str, encoding: str, decoder: codecs.IncrementalDecoder) -> None:
        self._file = file
        self._encoding = encoding
        self._decoder = decoder
        self._n_read = 0
        """Bytes of the blocks before the current one."""
        self._n_lines = 0
        """Line ends in them."""
        self._kept = b""

    def decode(self, stream: BinaryIO) -> Iterator[str]:
        """The text of a stream in chunks, without a byte-order mark.

        Raises:
            CorpusError: the bytes are not text in this encoding.
        """
        is_at_start = True
        while True:
            block = stream.read(_BLOCK_BYTES)
            self._require_text(block, stream)
            text = self._decode_block(block, stream)
            if re.search("[\ud800-\udfff]", text):
                raise CorpusError(f"{self._file} decodes to half a character (a surrogate): is --encoding right?")
            if is_at_start and text:
                text = text.removeprefix("\ufeff")
                is_at_start = False
            if text:
                yield text
            if not block:
                return
            self._n_read += len(block)
            self._n_lines += block.count(b"\n")
            self._kept = (self._kept + block)[-_KEPT_BYTES:]

    def _require_text(self, block: bytes, stream: BinaryIO) -> None:
        """Refuse a file of a well-known other kind, and a zero byte where the encoding has none."""
        kind = kind_of(block[:HEAD_BYTES]) if self._n_read == 0 else None
        if kind is not None:
            raise CorpusError(f"{self._file} is {kind.name}, not plain text: {kind.remedy}")
        if b"\0" in block and codecs.lookup(self._encoding).name.startswith("utf-8"):
            offset = self._n_read + block.index(0)
            advice = advise(self._judged(block, stream), encoding=self._encoding)
            advice = advice or "if it is text, name its encoding with --encoding"
            raise CorpusError(f"{self._file} looks binary (a zero byte at {offset}): {advice}")

    def _decode_block(self, block: bytes, stream: BinaryIO) -> str:
        n_waiting = len(self._decoder.getstate()[0])  # bytes of a character that the last block cut short
        try:
            return self._decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            start = error.start - n_waiting  # in the block
            before = (self._kept + block)[: len(self._kept) + start]
            line = self._n_lines + block[: max(0, start)].count(b"\n") + 1
            place = f"byte {self._n_read + start} ({error.reason}), in line {line:,}"
            place += _describe_before(before, self._encoding)
            advice = advise(self._judged(block, stream), encoding=self._encoding, offset=len(before))
            advice = advice or _name_encoding(error)
            raise CorpusError(f"{self._file} is not {self._encoding} at {place}: {advice}") from None
        except UnicodeError as error:
            advice = advise(self._judged(block, stream), encoding=self._encoding) or _NAME_IT
            raise CorpusError(f"{self._file} is not {self._encoding} ({error}): {advice}") from None

    def _judged(self, block: bytes, stream: BinaryIO) -> bytes:
        """The bytes by which the encoding is judged: the current block, what is kept from before, and what follows."""
        return self._kept + block + stream.read(_MAX_JUDGED_BLOCKS * _BLOCK_BYTES)


def _describe_before(before: bytes, encoding: str) -> str:
    """What stands before a place in its line."""
    text = before[-_KEPT_BYTES:].decode(encoding, "ignore").rpartition("\n")[2][-30:]
    return f" after {text!r}" if text else ""


def _name_encoding(error: UnicodeDecodeError) -> str:
    if error.reason == "unexpected end of data":
        return "it ends within a character, as if it was cut short; for another encoding, name it with --encoding"
    return _NAME_IT
