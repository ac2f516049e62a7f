"""Texts that can be read again and again in constant memory: a part of a corpus, or a text from elsewhere."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from seqgen.config import STORED_APART
from seqgen.corpus.documents import Division
from seqgen.corpus.stored_text import CHUNK_BYTES, StoredText
from seqgen.tokenizers import MARK, mark_separators


@dataclass(frozen=True, kw_only=True)
class CorpusPart:
    """A training, validation or test part of a text.

    `start` and `end` are bytes of the text. In a text of many documents they are numbers of documents instead, in the
    order that its split cuts.

    >>> from seqgen.config import CorpusConfig
    >>> from seqgen.corpus import open_corpus
    >>> valid = open_corpus(CorpusConfig(paths=("story.txt",))).parts["valid"]
    >>> valid.start, valid.end, valid.n_bytes
    (5400, 6000, 600)
    """

    text: StoredText
    start: int
    end: int
    division: Division

    @property
    def separator(self) -> str:
        """What stands between two documents of the text."""
        return self.division.separator

    @property
    def key(self) -> str:
        """A digest of everything that decides the characters of this part."""
        division = self.division
        facts = [self.text.sha256, self.start, self.end, *division.key]
        if division.unites_duplicates:
            facts.append("duplicates united")
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    @cached_property
    def n_bytes(self) -> int:
        """UTF-8 bytes of the part. Every document counts with a separator behind it."""
        if self.division.documents is None:
            return self.end - self.start
        spans = self.division.spans_of_part(self.text, self.start, self.end)
        return int((spans[:, 1] - spans[:, 0]).sum()) + len(spans) * len(self.separator.encode())

    @property
    def lies_between_characters(self) -> bool:
        """Whether the part begins and ends between two characters of its text, as a forged record may not say."""
        if self.division.documents is not None:
            return True
        with self.text.mapped() as data:
            return self.end <= len(data) and all(
                place == len(data) or data[place] & 0xC0 != 0x80 for place in (self.start, self.end)
            )

    def chunks(self) -> Iterator[str]:
        """The text of the part, in the seeded order, with `MARK` behind every document."""
        if self.division.documents is None:
            yield from self.text.chunks(self.start, self.end)
            return
        waiting: list[str] = []  # documents are short, so many are joined into one chunk
        n_waiting = 0
        with self.text.reader() as read:
            for start, end in self.division.spans_of_part(self.text, self.start, self.end):
                for chunk in read(int(start), int(end)):
                    waiting.append(chunk)
                    n_waiting += len(chunk)
                    if n_waiting >= CHUNK_BYTES:
                        yield "".join(waiting)
                        waiting, n_waiting = [], 0
                waiting.append(MARK)
        if waiting:
            yield "".join(waiting)


@dataclass(frozen=True, kw_only=True)
class ExternalText:
    """A whole text that is not part of a corpus. Its documents keep their own order.

    >>> from pathlib import Path
    >>> from seqgen.corpus import ExternalText
    >>> from seqgen.corpus.stored_text import store_text
    >>> "".join(ExternalText(text=store_text(["story.txt"])).chunks()) == Path("story.txt").read_text()
    True
    """

    text: StoredText
    division: Division = field(default_factory=Division)
    """How the model that reads the text divides texts."""

    @property
    def key(self) -> str:
        """A digest of everything that decides the characters of this text."""
        division = self.division
        rules = [division.rules] if division.has_boundaries else []
        facts = [self.text.sha256, list(self.text.file_ends), division.documents, division.separator, *rules]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def chunks(self) -> Iterator[str]:
        """The text with `MARK` in place of every boundary, or behind every file if files are the documents."""
        if self.division.has_boundaries:
            yield from self._documents()
        elif self.division.documents in STORED_APART:
            for start, end in pairwise((0, *self.text.file_ends)):
                yield from self.text.chunks(start, end)
                yield MARK
        else:
            yield from mark_separators(self.text.chunks(), self.division.separator)

    def _documents(self) -> Iterator[str]:
        """The documents, with `MARK` between them, and behind the last one if a boundary follows it."""
        start, boundaries = self.division.boundaries(self.text)
        with self.text.reader() as read:
            for boundary_start, boundary_end in boundaries:
                if boundary_start > start:
                    yield from read(start, boundary_start)
                    yield MARK
                start = boundary_end
            yield from read(start, self.text.n_bytes)
