"""Everything that `seqgen corpus stats` says of a text: its statistics, its documents, what a person would mend."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from seqgen.config import STORED_APART, CorpusConfig
from seqgen.corpus.documents import Division, median_length
from seqgen.corpus.duplicates import unite
from seqgen.corpus.faults import FaultFinder, Faults
from seqgen.corpus.folders import list_files
from seqgen.corpus.line_ends import LineEnds
from seqgen.corpus.sources import read_text
from seqgen.corpus.statistics import TextStatistics, measure_text
from seqgen.corpus.stored_text import StoredText, store_text
from seqgen.errors import CorpusError
from seqgen.waiting import counted


@dataclass(frozen=True, kw_only=True)
class DocumentCounts:
    """The documents of a text."""

    n: int
    median_length: int
    """In characters."""
    n_repeated: int
    """Documents that equal an earlier one."""


@dataclass(frozen=True, kw_only=True)
class TextSummary:
    """What was found in a text."""

    statistics: TextStatistics
    faults: Faults
    documents: DocumentCounts | None
    """None if the text is one document."""
    notes: tuple[str, ...]
    """Which files of a folder were read and left out."""

    def sentences(self) -> Iterator[str]:
        """What a person would mend."""
        yield from self.faults.sentences()
        if self.documents is not None and self.documents.n_repeated:
            yield f"documents that equal an earlier one: {self.documents.n_repeated:,}"

    def to_json(self) -> dict[str, Any]:
        """The numbers, under the names that `seqgen corpus stats --json` prints."""
        documents = {"documents": asdict(self.documents)} if self.documents is not None else {}
        return {**asdict(self.statistics), **documents, "faults": asdict(self.faults)}


def summarise_text(config: CorpusConfig) -> TextSummary:
    """Read a text and describe it. It is kept in the cache only if it is divided into documents.

    >>> from seqgen.config import CorpusConfig
    >>> from seqgen.corpus.summary import summarise_text
    >>> summary = summarise_text(CorpusConfig(paths=("story.txt",)))
    >>> summary.statistics.n_characters, list(summary.sentences())
    (6000, [])

    Raises:
        CorpusError: a path cannot be read as text, or there is no text at all.
    """
    finder = FaultFinder()
    raw: StoredText | None = None
    if config.documents is None:
        listed = list_files(config.paths, config.reading)
        notes, chunks = listed.notes, _read_all(listed.files, config.encoding)
    else:
        raw = store_text(config.paths, replace(config.reading, line_ends="keep"))
        notes, chunks = list_files(config.paths, config.reading).notes, raw.chunks()
    statistics = measure_text(LineEnds().unify(finder.watch(chunks)))
    if not statistics.n_characters:
        raise CorpusError(f"{', '.join(config.paths)} is empty: there is nothing to measure")
    documents = None if raw is None else _count_documents(raw, config.documents)
    return TextSummary(statistics=statistics, faults=finder.faults(), documents=documents, notes=notes)


def _read_all(files: Iterable[str], encoding: str) -> Iterator[str]:
    chunks = itertools.chain.from_iterable(read_text(file, encoding) for file in files)
    return counted(chunks, "reading", total=None, size=len)


def _count_documents(raw: StoredText, documents: str | None) -> DocumentCounts:
    text = raw if documents in STORED_APART else store_text([str(raw.path)])
    spans = Division(documents=documents).ordered_spans(text)
    median = median_length(text, spans) if len(spans) else 0
    return DocumentCounts(n=len(spans), median_length=median, n_repeated=unite(text, spans).n_repeated)
