"""Paths to text: files, folders and standard input, unpacked and decoded piece by piece."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

from seqgen.errors import CorpusError

STANDARD_INPUT = "-"
_BLOCK_BYTES = 1 << 20

_UNPACK: dict[str, Callable[[Path], BinaryIO]] = {
    ".gz": lambda path: cast(BinaryIO, gzip.open(path)),
    ".bz2": lambda path: cast(BinaryIO, bz2.open(path)),
    ".xz": lambda path: cast(BinaryIO, lzma.open(path)),
    ".zst": lambda path: cast(BinaryIO, zstandard.open(path, "rb")),
}
_UNPACK_ERRORS = (gzip.BadGzipFile, zlib.error, lzma.LZMAError, zstandard.ZstdError, EOFError)


def list_files(paths: Sequence[str]) -> list[str]:
    """Every file that the paths name: folders recursively and sorted, hidden files left out.

    Raises:
        CorpusError: a path that does not exist, or a folder without a file.
    """
    files: list[str] = []
    for name in paths:
        path = Path(name)
        if name == STANDARD_INPUT or path.is_file():
            files.append(name)
        elif path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file() and not _is_hidden(p, path))
            if not inside:
                raise CorpusError(f"the folder {name} holds no file")
            files.extend(map(str, inside))
        elif path.exists():
            files.append(name)  # a pipe or a device
        else:
            raise CorpusError(f"{name} does not exist: give a text file, a folder of them, or - for standard input")
    return files


def _is_hidden(path: Path, top: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(top).parts)


def read_text(file: str, encoding: str = "utf-8") -> Iterator[str]:
    """The text of one file in pieces: unpacked by its suffix, decoded strictly, a byte-order mark dropped.

    Raises:
        CorpusError: the file cannot be read, is binary, or is not text in this encoding.
    """
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
    except LookupError:
        raise CorpusError(f"no encoding is called {encoding!r}: try utf-8, latin-1, cp1252 or utf-16") from None
    try:
        with _open(file) as stream:
            yield from _decode(stream, decoder, file, encoding)
    except _UNPACK_ERRORS as error:
        raise CorpusError(f"{file} cannot be unpacked: {error}") from None
    except OSError as error:
        raise CorpusError(f"{file} cannot be read: {error.strerror or error}") from None


def _open(file: str) -> BinaryIO:
    if file == STANDARD_INPUT:
        return io.BufferedReader(io.FileIO(sys.stdin.fileno(), closefd=False))
    path = Path(file)
    unpack = _UNPACK.get(path.suffix.lower())
    return path.open("rb") if unpack is None else unpack(path)


def _decode(stream: BinaryIO, decoder: codecs.IncrementalDecoder, file: str, encoding: str) -> Iterator[str]:
    n_read = 0
    at_start = True
    is_utf8 = codecs.lookup(encoding).name == "utf-8"
    while True:
        block = stream.read(_BLOCK_BYTES)
        if is_utf8 and b"\0" in block:
            raise CorpusError(
                f"{file} looks binary (a zero byte at {n_read + block.index(0)}): give a text, "
                "or name its encoding with --encoding, such as utf-16"
            )
        waiting = len(decoder.getstate()[0])
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            raise CorpusError(
                f"{file} is not {encoding} at byte {n_read - waiting + error.start} ({error.reason}): "
                "name its encoding with --encoding, such as latin-1 or cp1252"
            ) from None
        if at_start and text:
            text = text.removeprefix("\ufeff")
            at_start = False
        if text:
            yield text
        if not block:
            return
        n_read += len(block)
