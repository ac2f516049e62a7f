"""A whole text as one UTF-8 file in the cache, named by its hash. All later readings use this file."""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import json
import mmap
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, final

from seqgen.config import ReadingConfig
from seqgen.corpus.cache import UNFINISHED_S, cache_folder, cannot_keep
from seqgen.corpus.fields import read_field
from seqgen.corpus.folders import hinting_at_exclude, list_files
from seqgen.corpus.line_ends import LineEnds
from seqgen.corpus.markup import count_markup, is_marked_up
from seqgen.corpus.pair_files import read_pair_texts
from seqgen.corpus.sources import read_text
from seqgen.durable import remove_unfinished, written_whole
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
    notes: tuple[str, ...] = field(default=(), compare=False)
    """What was left out or changed when the text was read; nothing for a text that the cache had."""

    raw: Path | None = field(default=None, compare=False)
    """Where the text is stored with the line ends of its source, if that could be read only once."""

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
            if n_characters < len(chunk):
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


def store_text(paths: Sequence[str], reading: ReadingConfig | None = None) -> StoredText:
    """Read some paths once and keep their text in the cache.

    >>> from seqgen.corpus.stored_text import store_text
    >>> text = store_text(["story.txt"])
    >>> text.n_characters, text.n_bytes, text.file_ends
    (6000, 6000, (6000,))

    Raises:
        CorpusError: a path cannot be read as text, or there is no text at all.
    """
    reading = reading or ReadingConfig()
    listed = list_files(paths, reading)
    files = listed.files
    try:
        with hinting_at_exclude(set(files) - set(paths)):
            stored = _store(files, reading)
    except OSError as error:
        raise cannot_keep("the text", _folder(), error) from None
    return replace(stored, notes=(*listed.notes, *stored.notes))


def _store(files: Sequence[str], reading: ReadingConfig) -> StoredText:
    """Write the text of some files into the cache."""
    line_ends = LineEnds()
    remove_unfinished(_folder(), older_than_s=UNFINISHED_S)
    unfinished = _folder() / f"unfinished-{uuid.uuid4().hex}"  # its name is the hash, known only at the end
    with written_whole(unfinished) as out:
        writer = _write_files(files, reading, out=out, line_ends=line_ends)
        if not writer.n_bytes:
            raise CorpusError(f"{', '.join(files)} is empty: it holds no {'pair' if reading.pairs else 'character'}")
        stored = writer.finish()
    unfinished.replace(stored.path)
    facts = {"n_characters": stored.n_characters, "file_ends": stored.file_ends}
    with written_whole(stored.path.with_suffix(".json")) as facts_file:
        facts_file.write(json.dumps(facts).encode())
    return replace(stored, notes=tuple(_notes(line_ends.summary, writer.markup_share)))


def _notes(changed_line_ends: str, markup_share: float) -> Iterator[str]:
    if changed_line_ends:
        yield f"line ends: {changed_line_ends} became newlines; --set line_ends=keep keeps them"
    if is_marked_up(markup_share):
        yield f"{markup_share:.0%} of the text is markup, such as <p> or &amp;: a model learns it unless you remove it"


def hash_text(paths: Sequence[str], reading: ReadingConfig) -> str:
    """The digest that the text of some paths would have in the cache.

    >>> from seqgen.config import ReadingConfig
    >>> from seqgen.corpus.stored_text import hash_text, store_text
    >>> hash_text(["story.txt"], ReadingConfig()) == store_text(["story.txt"]).sha256
    True

    Raises:
        CorpusError: a path cannot be read as text.
    """
    with Path(os.devnull).open("wb") as nowhere:
        writer = _write_files(list_files(paths, reading).files, reading, out=nowhere, line_ends=LineEnds())
        return writer.finish().sha256


def _write_files(files: Sequence[str], reading: ReadingConfig, *, out: BinaryIO, line_ends: LineEnds) -> _Writer:
    writer = _Writer(out, joins_files=reading.joins_files)
    for file in files:
        for chunks in _texts_of(file, reading):
            writer.add(line_ends.unify(chunks) if reading.line_ends == "newline" else chunks)
    return writer


def _texts_of(file: str, reading: ReadingConfig) -> Iterator[Iterable[str]]:
    """The text of a file in chunks; of a file of records or pairs, one text for each of them."""
    name = f"reading {Path(file).name}"
    chunks: Iterable[str] = counted(read_text(file, reading.encoding), name, total=None, size=len)
    if reading.pairs:
        yield from ([text] for text in read_pair_texts(chunks, file, columns=reading.columns))
    elif reading.field is None:
        yield chunks
    else:
        yield from ([text] for text in read_field(chunks, file, field=reading.field))


@final
class _Writer:
    """Writes texts one after the other, and measures what was written."""

    def __init__(self, out: BinaryIO, *, joins_files: bool) -> None:
        self.n_bytes = 0
        self._out = out
        self._joins_files = joins_files
        self._digest = hashlib.sha256()
        self._n_characters = self._n_markup = 0
        self._ends: list[int] = []
        self._last_character = "\n"

    def add(self, chunks: Iterable[str]) -> None:
        """Write one text. A newline comes before it if the text before it does not end in one."""
        if self._ends:
            self._digest.update(_FILE_END)
        is_at_start = True
        for text in filter(None, chunks):
            if is_at_start and self._joins_files and self._last_character != "\n":
                self._write("\n")
            is_at_start = False
            self._write(text)
        self._ends.append(self.n_bytes)

    def _write(self, text: str) -> None:
        data = text.encode()
        self._digest.update(data)
        self._out.write(data)
        self._n_characters += len(text)
        self._n_markup += count_markup(text)
        self.n_bytes += len(data)
        self._last_character = text[-1]

    @property
    def markup_share(self) -> float:
        """Share of the characters that are markup, if there are any."""
        return self._n_markup / self._n_characters

    def finish(self) -> StoredText:
        """What was written, under the name that it will have."""
        sha256 = self._digest.hexdigest()
        path = _folder() / f"{sha256}.txt"
        return StoredText(sha256=sha256, n_characters=self._n_characters, file_ends=tuple(self._ends), path=path)


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
