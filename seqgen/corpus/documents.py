"""A text divided into documents, such as poems: their separators, and the order in which a split takes them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from seqgen.config import Documents
from seqgen.corpus.duplicates import Groups, unite
from seqgen.corpus.stored_text import StoredText

SEPARATORS: dict[Documents, Callable[[str], str]] = {
    "line": lambda line_end: line_end,
    "blank-line": lambda line_end: line_end * 2,
    "file": lambda line_end: "",
}
"""What stands between two documents, as a function of the line end that their text uses."""


def find_separator(text: StoredText, documents: Documents | None) -> str:
    """What stands between two documents of a text; `""` if nothing does, or if the text is one document.

    >>> from seqgen.corpus.documents import find_separator
    >>> from seqgen.corpus.stored_text import store_text
    >>> find_separator(store_text(["story.txt"]), "blank-line")
    '\\n\\n'
    """
    return "" if documents is None else SEPARATORS[documents](_find_line_end(text))


def _find_line_end(text: StoredText) -> str:
    """The line end that a text uses first."""
    with text.mapped() as data:
        newline = data.find(b"\n")
        return "\r\n" if newline > 0 and data[newline - 1] == ord("\r") else "\n"


@dataclass(frozen=True, kw_only=True)
class Division:
    """How a text is divided into documents, and the seed of the order in which a split takes them."""

    documents: Documents | None = None
    """None: the text is one document."""
    separator: str = ""
    seed: int = 0
    unites_duplicates: bool = False
    """Whether equal documents stand side by side in the order that a split cuts."""

    def spans(self, text: StoredText) -> NDArray[np.int64]:
        """The start and the end of each document in bytes, its separator excluded, in the seeded order. (N, 2)

        Only for a text of many documents.
        """
        return _find_spans(text, replace(self, unites_duplicates=False))  # one reading of the text for both orders

    def groups(self, text: StoredText) -> Groups:
        """The documents, numbered in the seeded order, in groups that no part may separate."""
        return _find_groups(text, self)

    def spans_of_part(self, text: StoredText, start: int, end: int) -> NDArray[np.int64]:
        """The spans of a part, which has the documents from `start` to `end` in the order that a split cuts.

        Within a part, documents stand in the seeded order. Equal ones are side by side only when the text is cut.
        """
        spans = self.spans(text)
        return spans[np.sort(self.groups(text).order[start:end])] if self.unites_duplicates else spans[start:end]


@lru_cache(maxsize=4)
def _find_groups(text: StoredText, division: Division) -> Groups:
    spans = division.spans(text)
    return unite(text, spans) if division.unites_duplicates else Groups.of_single(len(spans))


@lru_cache(maxsize=4)
def _find_spans(text: StoredText, division: Division) -> NDArray[np.int64]:
    if division.documents == "file":
        ends = np.array(text.file_ends, dtype=np.int64)
        starts = np.concatenate(([0], ends[:-1]))
    else:
        separator = division.separator.encode()
        with text.mapped() as data:
            separator_starts = (match.start() for match in re.finditer(re.escape(separator), data))
            ends = np.fromiter(itertools.chain(separator_starts, [text.n_bytes]), dtype=np.int64)
        starts = np.concatenate(([0], ends[:-1] + len(separator)))
        if starts[-1] == text.n_bytes:  # the text ends with a separator, and no document follows it
            starts, ends = starts[:-1], ends[:-1]
    keys = np.random.PCG64(division.seed).random_raw(len(ends))  # raw bits are the same in every version of NumPy
    return np.stack((starts, ends), axis=1)[np.argsort(keys, kind="stable")]
