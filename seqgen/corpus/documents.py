"""A text divided into documents, such as poems: their separators, and the order in which a split takes them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from seqgen.config import RULES, STORED_APART, LineEnds
from seqgen.corpus.boundaries import find_boundaries, first_start, keeps_newline, mark_boundaries, trim_end
from seqgen.corpus.duplicates import Groups, unite
from seqgen.corpus.pair_files import PAIR_MARK
from seqgen.corpus.stored_text import StoredText

SEPARATORS: dict[str, Callable[[str], str]] = {
    "line": lambda line_end: line_end,
    "blank-line": lambda line_end: line_end * 2,
    "file": lambda line_end: "",
    "record": lambda line_end: "",
    "pair": lambda line_end: "",
}
"""What the end-of-text token decodes to, as a function of the line end that the text uses."""
_BLOCK_BYTES = 1 << 22
"""Bytes whose characters are counted at once."""


def find_separator(text: StoredText, documents: str | None, *, line_ends: LineEnds = "newline") -> str:
    """What stands between two documents of a text; `""` if nothing does, or if the text is one document.

    >>> from seqgen.corpus.documents import find_separator
    >>> from seqgen.corpus.stored_text import store_text
    >>> text = store_text(["story.txt"])
    >>> find_separator(text, "blank-line"), find_separator(text, "***")
    ('\\n\\n', '\\n***\\n')
    """
    if documents is None or keeps_newline(documents):
        return ""
    line_end = "\n" if line_ends == "newline" else _find_line_end(text)
    if documents in SEPARATORS:
        return SEPARATORS[documents](line_end)
    return f"{line_end}{documents.strip()}{line_end}"


def _find_line_end(text: StoredText) -> str:
    """The line end that a text uses most."""
    with text.mapped() as data:
        counts = {end: len(re.findall(end.encode(), data)) for end in ("\n", "\r", "\r\n")}
    n_pairs = counts["\r\n"]
    counts["\n"] -= n_pairs
    counts["\r"] -= n_pairs
    return max(counts, key=lambda end: counts[end])


@dataclass(frozen=True, kw_only=True)
class Division:
    """How a text is divided into documents, and the seed of the order in which a split takes them."""

    documents: str | None = None
    """As in `CorpusConfig`. None: the text is one document."""
    separator: str = ""
    seed: int = 0
    unites_duplicates: bool = False
    """Whether equal documents, or pairs with equal sources, stand side by side in the order that a split cuts."""
    rules: int = RULES
    """As in `CorpusConfig`."""

    @property
    def has_boundaries(self) -> bool:
        """Whether documents end at boundaries in the text, and not at the ends of files or at one fixed separator."""
        return self.rules > 1 and self.documents not in (None, *STORED_APART)

    @property
    def key(self) -> list[str | int | None]:
        """What decides the characters of a part, beside the text itself."""
        return [self.documents, self.separator, self.seed, *([self.rules] if self.rules > 1 and self.documents else [])]

    def spans(self, text: StoredText) -> NDArray[np.int64]:
        """The start and the end of each document in bytes, its separator excluded, in the seeded order. (N, 2)

        Only for a text of many documents.
        """
        return _shuffled_spans(text, replace(self, unites_duplicates=False))  # one reading for both orders

    def ordered_spans(self, text: StoredText) -> NDArray[np.int64]:
        """The same spans in the order of the text. (N, 2)"""
        return _find_spans(text, replace(self, unites_duplicates=False))

    def groups(self, text: StoredText) -> Groups:
        """The documents, numbered in the seeded order, in groups that no part may separate."""
        return _find_groups(text, self)

    def spans_of_part(self, text: StoredText, start: int, end: int) -> NDArray[np.int64]:
        """The spans of a part, which has the documents from `start` to `end` in the order that a split cuts.

        Within a part, documents stand in the seeded order. Equal ones are side by side only when the text is cut.
        """
        spans = self.spans(text)
        return spans[np.sort(self.groups(text).order[start:end])] if self.unites_duplicates else spans[start:end]

    def boundaries(self, text: StoredText) -> tuple[int, list[list[int]]]:
        """Where the first document begins, and the start and the end of every boundary after that, in bytes."""
        first, found = _find_boundaries(text, str(self.documents))
        return first, found.tolist()

    def mark(self, text: str) -> str:
        """A text in memory with `MARK` in place of every boundary between documents.

        >>> from seqgen.corpus.documents import Division
        >>> Division(documents="blank-line", separator="\\n\\n").mark("one\\n\\n\\ntwo")
        'one\\udc00two'
        """
        return mark_boundaries(text, self.documents) if self.documents and self.has_boundaries else text


@lru_cache(maxsize=4)
def _find_groups(text: StoredText, division: Division) -> Groups:
    spans = division.spans(text)
    if not division.unites_duplicates:
        return Groups.of_single(len(spans))
    return unite(text, _source_spans(text, spans) if division.documents == "pair" else spans)


def _source_spans(text: StoredText, spans: NDArray[np.int64]) -> NDArray[np.int64]:
    """The spans of the sources of some pairs. (N, 2)"""
    with text.mapped() as data:
        marks = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord(PAIR_MARK))  # one in each pair
    starts = spans[:, 0]
    return np.stack((starts, marks[np.searchsorted(marks, starts)]), axis=1)


@lru_cache(maxsize=4)
def _shuffled_spans(text: StoredText, division: Division) -> NDArray[np.int64]:
    spans = division.ordered_spans(text)
    keys = np.random.PCG64(division.seed).random_raw(len(spans))  # raw bits are the same in every version of NumPy
    return spans[np.argsort(keys, kind="stable")]


@lru_cache(maxsize=4)
def _find_spans(text: StoredText, division: Division) -> NDArray[np.int64]:
    if division.documents in STORED_APART:
        ends = np.array(text.file_ends, dtype=np.int64)
        spans = np.stack((np.concatenate(([0], ends[:-1])), ends), axis=1)
        return spans if division.rules == 1 else spans[spans[:, 1] > spans[:, 0]]
    if division.documents is not None and division.has_boundaries:
        return _spans_between_boundaries(text, division.documents)
    separator = division.separator.encode()
    with text.mapped() as data:
        separator_starts = (match.start() for match in re.finditer(re.escape(separator), data))
        ends = np.fromiter(itertools.chain(separator_starts, [text.n_bytes]), dtype=np.int64)
    starts = np.concatenate(([0], ends[:-1] + len(separator)))
    if starts[-1] == text.n_bytes:  # the text ends with a separator, and no document follows it
        starts, ends = starts[:-1], ends[:-1]
    return np.stack((starts, ends), axis=1)


def _spans_between_boundaries(text: StoredText, documents: str) -> NDArray[np.int64]:
    """The spans of all documents; none of them is empty, and none begins or ends with a blank line."""
    first, found = _find_boundaries(text, documents)
    last_start = int(found[-1, 1]) if len(found) else first
    with text.mapped() as data:
        last_end = trim_end(data, last_start, text.n_bytes, keeps_newline=keeps_newline(documents))
    starts = np.concatenate(([first], found[:, 1]))
    ends = np.concatenate((found[:, 0], [last_end]))
    is_full = ends > starts
    return np.stack((starts, ends), axis=1)[is_full]


@lru_cache(maxsize=4)
def _find_boundaries(text: StoredText, documents: str) -> tuple[int, NDArray[np.int64]]:
    """Where the first document begins, and all boundaries after that. (N, 2)"""
    with text.mapped() as data:
        first = first_start(data)
        numbers = itertools.chain.from_iterable(find_boundaries(data, documents, start=first))
        return first, np.fromiter(numbers, dtype=np.int64).reshape(-1, 2)


def median_length(text: StoredText, spans: NDArray[np.int64]) -> int:
    """The median number of characters of some documents, which do not overlap.

    >>> from seqgen.corpus.documents import Division, median_length
    >>> from seqgen.corpus.stored_text import store_text
    >>> text = store_text(["story.txt"])
    >>> median_length(text, Division(documents="file").spans(text))
    6000
    """
    if text.n_bytes == text.n_characters:
        return int(np.median(spans[:, 1] - spans[:, 0]))
    offsets = np.sort(spans.reshape(-1))
    with text.mapped() as data:
        numbers = _character_numbers(np.frombuffer(data, dtype=np.uint8), offsets)
    return int(np.median(np.diff(numbers)[::2]))


def _character_numbers(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of the character that begins at each of some sorted byte offsets."""
    numbers = np.empty_like(offsets)
    n_before = 0
    for start in range(0, len(data), _BLOCK_BYTES):
        block = data[start : start + _BLOCK_BYTES]
        counts = np.concatenate(([0], np.cumsum((block & 0xC0) != 0x80)))
        first, last = np.searchsorted(offsets, [start, start + len(block) + 1])
        numbers[first:last] = n_before + counts[offsets[first:last] - start]
        n_before += int(counts[-1])
    return numbers
