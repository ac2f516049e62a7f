"""From a path to text: a file or standard input, decompressed and decoded chunk by chunk."""

from __future__ import annotations

import codecs
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from seqgen.config import DEFAULT_ENCODING
from seqgen.corpus.compression import DECOMPRESSION_ERRORS, is_compressed, open_decompressed, why_not_decompressed
from seqgen.corpus.decoding import Decoding
from seqgen.corpus.folders import STANDARD_INPUT
from seqgen.errors import CorpusError

_FOR_DOMAIN_NAMES = ("idna", "punycode")
"""Encodings that are not made for texts, and whose decoders cannot leave out what is wrong."""


def read_text(file: str, encoding: str = DEFAULT_ENCODING, *, is_live: bool = False) -> Iterator[str]:
    """The text of one file in chunks. It is decompressed by its suffix, and a byte-order mark is dropped.

    Standard input that is read live gives what has been written so far, and does not wait until a chunk is full.

    >>> from seqgen.corpus.sources import read_text
    >>> sum(len(chunk) for chunk in read_text("story.txt"))
    6000

    Raises:
        CorpusError: the file cannot be read, is binary, or is not text in this encoding.
    """
    try:
        codec = codecs.lookup("utf-8" if encoding == "utf-8-sig" else encoding)
        if not codec._is_text_encoding or codec.name in _FOR_DOMAIN_NAMES:
            raise LookupError
        decoder = codec.incrementaldecoder()
    except (LookupError, ValueError):  # ValueError: no codec can have such a name
        raise CorpusError(f"no encoding is called {encoding!r}: try utf-8, latin-1, cp1252 or utf-16") from None
    try:
        with _open(file, is_live=is_live) as stream:
            yield from Decoding(file, encoding, decoder).decode(stream)
    except DECOMPRESSION_ERRORS as error:
        raise CorpusError(f"{file} {why_not_decompressed(Path(file), error)}") from None
    except OSError as error:
        if not error.errno and is_compressed(Path(file)):  # bz2 raises an OSError without a number
            raise CorpusError(f"{file} {why_not_decompressed(Path(file), error)}") from None
        raise CorpusError(f"{file} cannot be read: {error.strerror or error}") from None


def _open(file: str, *, is_live: bool) -> BinaryIO:
    if file == STANDARD_INPUT:
        if sys.stdin is None:
            raise CorpusError("there is no standard input to read the text from: it was closed")
        raw = io.FileIO(sys.stdin.fileno(), closefd=False)
        return raw if is_live else io.BufferedReader(raw)
    return open_decompressed(Path(file))
