"""A whole text as one UTF-8 file in the cache, named by its hash. All later readings use this file."""

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

from seqgen.config import DEFAULT_ENCODING
from seqgen.corpus.cache import cache_folder
from seqgen.corpus.sources import list_files, read_text
from seqgen.durable import written_whole
from seqgen.errors import CorpusError
from seqgen.waiting import counted

CHUNK_BYTES = 1 << 20
_FILE_END = b"\xff"  # goes into the hash between two files; no UTF-8 text contains this byte


@dataclass(frozen=True, kw_only=True)
class StoredText:
    """The text of some files, one after the other."""

    sha256: str
    """Digest of the UTF-8 bytes, with the byte FF between two files. So the digest of a single UTF-8 file without a
    byte-order mark is the file's own."""
    n_characters: int
    file_ends: tuple[int, ...]
    """The byte offset at which each file ends."""
    path: Path
    """Where the text is stored, in the cache."""

    @property
    def n_bytes(self) -> int:
        return self.file_ends[-1]

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[str]:
        """The text between two byte offsets, both at the start of a character; all of it without them."""
        with self.reader() as read:
            yield from read(start, self.n_bytes if end is None else end)

    @contextlib.contextmanager
    def reader(self) -> Iterator[Callable[[int, int], Iterator[str]]]:
        """A function like `chunks` that can be called many times, and does not open the file each time."""
        with self.path.open("rb") as file:
            yield lambda start, end: _read_between(file, start, end=end)

    @contextlib.contextmanager
    def mapped(self) -> Iterator[mmap.mmap]:
        """All bytes of the text, mapped into memory."""
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data

    def byte_offset(self, n_characters: int) -> int:
        """The byte offset of the character with this number."""
        if self.n_characters == self.n_bytes:  # all characters are ASCII
            return n_characters
        offset = 0
        for chunk in self.chunks():
            if n_characters <= len(chunk):
                return offset + len(chunk[:n_characters].encode())
            n_characters -= len(chunk)
            offset += len(chunk.encode())
        return offset


def _read_between(file: BinaryIO, start: int, *, end: int) -> Iterator[str]:
    """The text between two byte offsets of an open file, in chunks that never cut a character."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(start)
    while start < end:
        data = file.read(min(CHUNK_BYTES, end - start))
        if not data:
            raise CorpusError(f"{file.name} has become shorter: delete the cache folder that it is in and start again")
        start += len(data)
        yield decoder.decode(data, final=start == end)


def store_text(paths: Sequence[str], encoding: str = DEFAULT_ENCODING) -> StoredText:
    """Read some paths once and keep their text in the cache.

    >>> from seqgen.corpus.stored_text import store_text
    >>> text = store_text(["story.txt"])
    >>> text.n_characters, text.n_bytes, text.file_ends
    (6000, 6000, (6000,))

    Raises:
        CorpusError: a path cannot be read as text, or there is no text at all.
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
    file_ends: list[int] = []
    unfinished = _folder() / f"unfinished-{uuid.uuid4().hex}"  # its name is the hash, known only at the end
    with written_whole(unfinished) as out:
        for n_file, file in enumerate(files):
            if n_file:
                digest.update(_FILE_END)
            for text in counted(read_text(file, encoding), f"reading {Path(file).name}", total=None, size=len):
                data = text.encode()
                digest.update(data)
                out.write(data)
                n_characters += len(text)
                n_bytes += len(data)
            file_ends.append(n_bytes)
        if not n_bytes:
            raise CorpusError(f"{', '.join(files)} is empty: it holds no character")
        sha256 = digest.hexdigest()
        path = _folder() / f"{sha256}.txt"
        stored = StoredText(sha256=sha256, n_characters=n_characters, file_ends=tuple(file_ends), path=path)
    unfinished.replace(stored.path)
    facts = {"n_characters": n_characters, "file_ends": file_ends}
    with written_whole(stored.path.with_suffix(".json")) as out:
        out.write(json.dumps(facts).encode())
    return stored


def find_text(sha256: str) -> StoredText | None:
    """The text with this hash, if the cache has it whole.

    >>> from seqgen.corpus.stored_text import find_text, store_text
    >>> text = store_text(["story.txt"])
    >>> find_text(text.sha256) == text
    True
    """
    path = _folder() / f"{sha256}.txt"
    try:
        facts = json.loads(path.with_suffix(".json").read_bytes())
        n_characters, file_ends = facts["n_characters"], tuple(facts["file_ends"])
        text = StoredText(sha256=sha256, n_characters=n_characters, file_ends=file_ends, path=path)
        is_whole = path.stat().st_size == text.n_bytes
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return text if is_whole else None


def _folder() -> Path:
    return cache_folder() / "texts"
