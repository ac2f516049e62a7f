"""From paths to text: files, folders and standard input, decompressed and decoded chunk by chunk."""

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

from seqgen.config import DEFAULT_ENCODING
from seqgen.corpus.zstd_file import ZstdFile
from seqgen.errors import CorpusError

STANDARD_INPUT = "-"
_BLOCK_BYTES = 1 << 20  # of decompressed text, read and decoded at once

_DECOMPRESSORS: dict[str, Callable[[Path], BinaryIO]] = {
    ".gz": lambda path: cast(BinaryIO, gzip.open(path)),
    ".bz2": lambda path: cast(BinaryIO, bz2.open(path)),
    ".xz": lambda path: cast(BinaryIO, lzma.open(path)),
    ".zst": lambda path: io.BufferedReader(ZstdFile(path)),
}
_DECOMPRESSION_ERRORS = (gzip.BadGzipFile, zlib.error, lzma.LZMAError, zstandard.ZstdError, EOFError)


def list_files(paths: Sequence[str]) -> list[str]:
    """Every file that some paths name. Folders are read recursively, in sorted order and without hidden files.

    >>> from seqgen.corpus.sources import list_files
    >>> list_files(["story.txt", "-"])
    ['story.txt', '-']

    Raises:
        CorpusError: a path does not exist, or a folder holds no file.
    """
    files: list[str] = []
    for name in paths:
        try:
            files.extend(_files_of(name))
        except OSError as error:
            raise CorpusError(f"{name} cannot be read: {error.strerror or error}") from None
    return files


def _files_of(name: str) -> list[str]:
    if not name:
        raise CorpusError("a path is empty: give a text file, a folder of them, or - for standard input")
    path = Path(name)
    if name == STANDARD_INPUT or path.is_file():
        return [name]
    if path.is_dir():
        inside = sorted(p for p in path.rglob("*") if p.is_file() and not _is_hidden(p, path))
        if not inside:
            raise CorpusError(f"the folder {name} holds no file")
        return [str(p) for p in inside]
    if path.exists():
        return [name]  # a pipe or a device
    raise CorpusError(f"{name} does not exist: give a text file, a folder of them, or - for standard input")


def _is_hidden(path: Path, top: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(top).parts)


def read_text(file: str, encoding: str = DEFAULT_ENCODING) -> Iterator[str]:
    """The text of one file in chunks. It is decompressed by its suffix, and a byte-order mark is dropped.

    >>> from seqgen.corpus.sources import read_text
    >>> sum(len(chunk) for chunk in read_text("story.txt"))
    6000

    Raises:
        CorpusError: the file cannot be read, is binary, or is not text in this encoding.
    """
    try:
        codec = codecs.lookup("utf-8" if encoding == "utf-8-sig" else encoding)
        if not codec._is_text_encoding:
            raise LookupError
        decoder = codec.incrementaldecoder()
    except LookupError:
        raise CorpusError(f"no encoding is called {encoding!r}: try utf-8, latin-1, cp1252 or utf-16") from None
    try:
        with _open(file) as stream:
            yield from _decode(stream, decoder, file=file, encoding=encoding, is_utf8=codec.name == "utf-8")
    except _DECOMPRESSION_ERRORS as error:
        raise CorpusError(f"{file} cannot be decompressed: {error}") from None
    except OSError as error:
        action = "read" if error.errno else "decompressed"  # bz2 raises an OSError without a number
        raise CorpusError(f"{file} cannot be {action}: {error.strerror or error}") from None


def _open(file: str) -> BinaryIO:
    if file == STANDARD_INPUT:
        return io.BufferedReader(io.FileIO(sys.stdin.fileno(), closefd=False))
    path = Path(file)
    decompress = _DECOMPRESSORS.get(path.suffix.lower())
    return path.open("rb") if decompress is None else decompress(path)


def _decode(
    stream: BinaryIO, decoder: codecs.IncrementalDecoder, *, file: str, encoding: str, is_utf8: bool
) -> Iterator[str]:
    n_read = 0  # bytes of the blocks before this one
    is_at_start = True
    while True:
        block = stream.read(_BLOCK_BYTES)
        if is_utf8 and b"\0" in block:
            raise CorpusError(
                f"{file} looks binary (a zero byte at {n_read + block.index(0)}): remove it, "
                "or name its encoding with --encoding, such as utf-16"
            )
        n_waiting = len(decoder.getstate()[0])  # bytes of a character that the last block cut short
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            raise CorpusError(
                f"{file} is not {encoding} at byte {n_read - n_waiting + error.start} ({error.reason}): "
                "name its encoding with --encoding, such as latin-1 or cp1252"
            ) from None
        except UnicodeError as error:
            raise CorpusError(f"{file} is not {encoding}: {error}") from None
        if is_at_start and text:
            text = text.removeprefix("\ufeff")
            is_at_start = False
        if text:
            yield text
        if not block:
            return
        n_read += len(block)
