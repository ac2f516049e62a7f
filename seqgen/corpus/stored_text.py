"""A whole text as one UTF-8 file in the cache, named by its hash: what every later reading starts from."""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import json
import mmap
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from seqgen.corpus.cache import cache_folder
from seqgen.corpus.sources import list_files, read_text
from seqgen.durable import written_whole
from seqgen.errors import CorpusError

CHUNK_BYTES = 1 << 20
_FILE_END = b"\xff"  # hashed between two files: a byte that no UTF-8 text holds


@dataclass(frozen=True)
class StoredText:
    """The text of some files, one after the other.

    `sha256` is over its UTF-8 bytes, with the byte FF between two files: for one UTF-8 file without a
    byte-order mark it is the file's own digest.
    """

    sha256: str
    n_characters: int
    file_ends: tuple[int, ...]
    """Byte offsets at which the files end."""
    path: Path

    @property
    def n_bytes(self) -> int:
        return self.file_ends[-1]

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[str]:
        """The text between two byte offsets, each at the start of a character."""
        with self.reader() as read:
            yield from read(start, self.n_bytes if end is None else end)

    @contextlib.contextmanager
    def reader(self) -> Iterator[Callable[[int, int], Iterator[str]]]:
        """A function like `chunks` over a file that is opened once, until the block ends."""
        with self.path.open("rb") as file:
            yield lambda start, end: _read_between(file, start, end)

    @contextlib.contextmanager
    def mapped(self) -> Iterator[mmap.mmap]:
        """All of the bytes, mapped into memory until the block ends."""
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data

    def byte_offset(self, n_characters: int) -> int:
        """Where the character with this number begins."""
        if self.n_characters == self.n_bytes:
            return n_characters
        offset = 0
        for chunk in self.chunks():
            if n_characters <= len(chunk):
                return offset + len(chunk[:n_characters].encode())
            n_characters -= len(chunk)
            offset += len(chunk.encode())
        return offset


def _read_between(file: BinaryIO, start: int, end: int) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(start)
    while start < end:
        data = file.read(min(CHUNK_BYTES, end - start))
        if not data:
            raise CorpusError(f"{file.name} is shorter than it was: delete the cache folder it lies in and start again")
        start += len(data)
        yield decoder.decode(data, final=start == end)


def store_text(paths: Sequence[str], encoding: str = "utf-8") -> StoredText:
    """Read some paths once and keep their text in the cache.

    Raises:
        CorpusError: a path that cannot be read as text, or no text at all.
    """
    files = list_files(paths)
    try:
        return _store(files, encoding)
    except UnicodeEncodeError:
        raise CorpusError(
            f"{', '.join(files)} decodes to half a character (a surrogate): is --encoding right?"
        ) from None
    except OSError as error:
        raise CorpusError(f"the text cannot be kept in {_folder()}: {error.strerror or error}") from None


def _store(files: Sequence[str], encoding: str) -> StoredText:
    digest = hashlib.sha256()
    n_characters = n_bytes = 0
    ends: list[int] = []
    unfinished = _folder() / f"unfinished-{uuid.uuid4().hex}"
    with written_whole(unfinished) as out:
        for n_file, file in enumerate(files):
            if n_file:
                digest.update(_FILE_END)
            for text in read_text(file, encoding):
                data = text.encode()
                digest.update(data)
                out.write(data)
                n_characters += len(text)
                n_bytes += len(data)
            ends.append(n_bytes)
        if not n_bytes:
            raise CorpusError(f"{', '.join(files)} is empty: it holds no character")
        sha256 = digest.hexdigest()
        stored = StoredText(sha256, n_characters, tuple(ends), _folder() / f"{sha256}.txt")
    unfinished.replace(stored.path)
    facts = {"n_characters": n_characters, "file_ends": ends}
    with written_whole(stored.path.with_suffix(".json")) as out:
        out.write(json.dumps(facts).encode())
    return stored


def find_text(sha256: str) -> StoredText | None:
    """The text with this hash, if the cache has it whole."""
    path = _folder() / f"{sha256}.txt"
    try:
        facts = json.loads(path.with_suffix(".json").read_bytes())
        if path.stat().st_size != facts["file_ends"][-1]:
            return None
    except (OSError, ValueError, LookupError):
        return None
    return StoredText(sha256, facts["n_characters"], tuple(facts["file_ends"]), path)


def _folder() -> Path:
    return cache_folder() / "texts"
