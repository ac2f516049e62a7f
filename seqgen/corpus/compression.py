"""Compressed files as streams of decompressed bytes, by their suffixes."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any, BinaryIO, cast, final

import zstandard

from seqgen.corpus.zstd_file import ZstdFile
from seqgen.errors import CorpusError

_ALWAYS_BYTES = 1_000_000_000
_MOST_TIMES = 200
"""A file may unpack to a gigabyte, or to so many times its own size. Text is packed to a third or a tenth."""
_most_bytes: ContextVar[int | None] = ContextVar("most_bytes", default=None)

_DECOMPRESSORS: dict[str, Callable[[Path], BinaryIO]] = {
    ".gz": lambda path: cast(BinaryIO, gzip.open(path)),
    ".bz2": lambda path: cast(BinaryIO, bz2.open(path)),
    ".xz": lambda path: cast(BinaryIO, lzma.open(path)),
    ".zst": lambda path: io.BufferedReader(ZstdFile(path)),
}
_FORMATS: dict[str, tuple[str, tuple[bytes, ...]]] = {
    ".gz": ("a gzip", (b"\x1f\x8b",)),
    ".bz2": ("a bzip2", (b"BZh",)),
    ".xz": ("an xz", (b"\xfd7zXZ\0", b"]\0\0")),
    ".zst": ("a zstd", (b"\x28\xb5\x2f\xfd", *(bytes([first]) + b"\x2a\x4d\x18" for first in range(0x50, 0x60)))),
}
"""What the files are called, and the bytes that they may begin with."""
DECOMPRESSION_ERRORS = (gzip.BadGzipFile, zlib.error, lzma.LZMAError, zstandard.ZstdError, EOFError)
"""What damaged files raise. The decompressor of .bz2 raises an `OSError` without a number."""


@contextlib.contextmanager
def unpacking_at_most(n_bytes: int | None) -> Iterator[None]:
    """Until the block ends, files that this thread opens may unpack to so many bytes. None: the usual limit.

    >>> with unpacking_at_most(10**12):
    ...     pass
    """
    token = _most_bytes.set(n_bytes)
    try:
        yield
    finally:
        _most_bytes.reset(token)


def open_decompressed(path: Path) -> BinaryIO:
    """The bytes of a file, decompressed if its suffix says so.

    Reading raises a CorpusError if the file unpacks to more than any text does, or than `unpacking_at_most` allows: a
    file of a megabyte could fill a disk.

    >>> from pathlib import Path
    >>> with open_decompressed(Path("story.txt")) as stream:
    ...     len(stream.read())
    6000
    """
    decompress = _DECOMPRESSORS.get(path.suffix.lower())
    if decompress is None:
        return path.open("rb")
    most_bytes = _most_bytes.get() or max(_ALWAYS_BYTES, _MOST_TIMES * path.stat().st_size)
    return io.BufferedReader(_LimitedFile(path, decompress(path), most_bytes=most_bytes))


def is_compressed(path: Path) -> bool:
    """Whether the name of a file says that it is compressed.

    >>> from pathlib import Path
    >>> from seqgen.corpus.compression import is_compressed
    >>> is_compressed(Path("story.txt.gz")), is_compressed(Path("story.txt"))
    (True, False)
    """
    return path.suffix.lower() in _DECOMPRESSORS


def why_not_decompressed(path: Path, error: Exception) -> str:
    """What is wrong with a file that cannot be decompressed, and what to do.

    >>> from pathlib import Path
    >>> from seqgen.corpus.compression import why_not_decompressed
    >>> path = Path("plain.gz")
    >>> _ = path.write_text("plain text")
    >>> why_not_decompressed(path, EOFError())
    'is not a gzip file: if it is plain text, rename it'
    """
    name, starts = _FORMATS[path.suffix.lower()]
    with path.open("rb") as file:
        head = file.read(max(map(len, starts)))
    if not any(head.startswith(start) or start.startswith(head) for start in starts):
        return f"is not {name} file: if it is plain text, rename it"
    if isinstance(error, EOFError) or not head.startswith(starts):
        return "is incomplete: copy or download it again"
    return "cannot be decompressed: copy or download it again, or unpack it yourself"


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
                f"{self._path} unpacks to more than {self._most_bytes:,} bytes: if it is a text all the same, allow "
                "more, as with --max-bytes 20GB, or unpack it yourself and give the unpacked file"
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()
