"""Compressed files as streams of decompressed bytes, by their suffixes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast, final

import zstandard

from seqgen.corpus.zstd_file import ZstdFile
from seqgen.errors import CorpusError

_ALWAYS_BYTES = 1_000_000_000
_MOST_TIMES = 200
"""A file may unpack to a gigabyte, or to so many times its own size. Text is packed to a third or a tenth."""

_DECOMPRESSORS: dict[str, Callable[[Path], BinaryIO]] = {
    ".gz": lambda path: cast(BinaryIO, gzip.open(path)),
    ".bz2": lambda path: cast(BinaryIO, bz2.open(path)),
    ".xz": lambda path: cast(BinaryIO, lzma.open(path)),
    ".zst": lambda path: io.BufferedReader(ZstdFile(path)),
}
DECOMPRESSION_ERRORS = (gzip.BadGzipFile, zlib.error, lzma.LZMAError, zstandard.ZstdError, EOFError)
"""What damaged files raise. The decompressor of .bz2 raises an `OSError` without a number."""


def open_decompressed(path: Path) -> BinaryIO:
    """The bytes of a file, decompressed if its suffix says so.

    Reading raises a CorpusError if the file unpacks to more than any text does: a file of a megabyte could fill a disk.

    >>> from pathlib import Path
    >>> with open_decompressed(Path("story.txt")) as stream:
    ...     len(stream.read())
    6000
    """
    decompress = _DECOMPRESSORS.get(path.suffix.lower())
    if decompress is None:
        return path.open("rb")
    most_bytes = max(_ALWAYS_BYTES, _MOST_TIMES * path.stat().st_size)
    return io.BufferedReader(_LimitedFile(path, decompress(path), most_bytes=most_bytes))


@final
class _LimitedFile(io.RawIOBase):
    """Reads a stream up to a number of bytes, and refuses to read more."""

    def __init__(self, path: Path, stream: BinaryIO, *, most_bytes: int) -> None:
        self._path, self._stream = path, stream
        self._n_left = self._most_bytes = most_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        self._n_left -= len(data)
        if self._n_left < 0:
            raise CorpusError(
                f"{self._path} unpacks to more than {self._most_bytes:,} bytes, which is hardly a text: "
                "if it is one, unpack it yourself and give the unpacked file"
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()
