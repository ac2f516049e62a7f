"""Compressed files as streams of decompressed bytes, by their suffixes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

from seqgen.corpus.zstd_file import ZstdFile

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

    >>> from pathlib import Path
    >>> with open_decompressed(Path("story.txt")) as stream:
    ...     len(stream.read())
    6000
    """
    decompress = _DECOMPRESSORS.get(path.suffix.lower())
    return path.open("rb") if decompress is None else decompress(path)
