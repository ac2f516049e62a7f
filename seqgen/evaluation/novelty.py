"""Which passages of a text also occur in a training text, and whether that is more than usual.

This module works on two texts; `copies.py` gets them from a trained model.

Not every match is a copy, because texts of one kind share short passages anyway. So a human text that the model was
not trained on is looked up in the same way, and only what exceeds the human share counts as copying.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from seqgen.evaluation.suffix_array import LIMIT, Matches, SuffixArray
from seqgen.waiting import waiting

ORDERS = range(2, 51)
"""The lengths n, in characters, of the n-grams that are looked up."""
COPY_LENGTH = 40
"""A match counts as copied from this many characters on."""
MIN_PASSAGE_LENGTH = 20
"""Lines or documents with fewer characters are not compared as a whole."""
_MIN_DISTINCT_CHARACTERS = 6
"""Passages with fewer are skipped: a line of dashes is copied from nobody."""
_MIN_SIMILARITY = 0.8
"""From this similarity on, an edited passage counts as a near-copy."""
_MIN_TEXT_LENGTH = 200
"""A conclusion about a shorter text, in characters, would be chance."""
_PHRASE_LENGTH = 20
_EXCESS_FACTOR, _EXCESS_MARGIN = 2, 0.01
"""A share is more than usual if it exceeds twice the human share plus 1 %."""
_N_AROUND = 40
"""Characters of context shown on each side of a match."""


class Span(NamedTuple):
    """A match between a text and the training text that can be extended on neither side.

    >>> CopyIndex("the cat").novelty("a cat").spans[0]
    Span(start=1, length=4, training_start=3)
    """

    start: int
    """Position in the text."""
    length: int
    training_start: int
    """Position in the training text."""


class NearCopy(NamedTuple):
    """A passage of a text beside the passage of the training text that it equals or nearly equals.

    >>> copy = CopyIndex("The cat sat on the mat.").novelty("The cat sat on the hat.").near_copies[0]
    >>> round(copy.similarity, 3)  # one edit in 23 characters
    0.957
    """

    text: str
    original: str
    similarity: float
    """1 - edit distance / length of the longer one (normalised Levenshtein similarity); 1 for an exact copy."""


@dataclass(frozen=True)
class Novelty:
    """How much of one text occurs in a training text. The field names are the keys of `--json`.

    >>> novelty = CopyIndex("abc").novelty("abcd")
    >>> round(novelty.share(2), 2)  # ab and bc occur, cd does not
    0.67
    """

    n_characters: int
    shares: tuple[float, ...]
    """For each n in `ORDERS`: the share of the text's n-grams of characters that occur in the training text."""
    copied: float
    """The share of characters that lie in matches of `COPY_LENGTH` or more."""
    spans: tuple[Span, ...]
    """The longest matches, none of them within another, the longest first."""
    near_copies: tuple[NearCopy, ...]
    """Different passages that are copies or near-copies, the most similar first."""
    n_passages: int
    """How many different passages were long enough to be compared."""

    def share(self, n: int) -> float:
        """The share of the n-grams of characters that occur in the training text."""
        return self.shares[n - ORDERS.start]

    @property
    def n_exact_copies(self) -> int:
        """Passages that occur in the training text unchanged."""
        return sum(copy.similarity == 1 for copy in self.near_copies)


@final
class CopyIndex:
    """A training text in memory, indexed so that other texts can be looked up in it.

    Time and memory are linear in its length (5 to 20 bytes for each character). Its passages, which are compared as a
    whole, are what lies between two separators: documents or lines.

    >>> index = CopyIndex("The cat sat on the mat.\\nThe dog lay by the door.")
    >>> novelty = index.novelty("A cat sat on the rug.")
    >>> span = novelty.spans[0]
    >>> index.text[span.training_start : span.training_start + span.length]
    ' cat sat on the '
    >>> index.novelty("The dog lay by the doors.").near_copies[0].original
    'The dog lay by the door.'
    """

    def __init__(self, text: str, *, separator: str = "\n") -> None:
        self.text = text
        self._separator = separator
        with waiting("indexing the training text"):
            self._suffixes = SuffixArray(text)
        self._line_starts, self._passage_starts = (
            [0, *(match.end() for match in re.finditer(re.escape(end), text))] for end in ("\n", separator)
        )

    def novelty(self, text: str, *, n_spans: int = 10) -> Novelty:
        """Compare a text, which must not be empty, with the training text."""
        with waiting("looking the text up in the training text"):
            return self._compare(text, n_spans=n_spans)

    def _compare(self, text: str, *, n_spans: int) -> Novelty:
        lengths, positions = self._suffixes.matches(text)
        # A match cannot be longer than what is left of the text.
        matches = Matches(np.minimum(lengths, len(text) - np.arange(len(text))), positions)
        start_of = self._passages(text)
        near_copies = [self._near_copy(passage, start, matches=matches) for passage, start in start_of.items()]
        return Novelty(
            n_characters=len(text),
            shares=_ngram_shares(matches.lengths),
            copied=_copied_share(matches.lengths),
            spans=tuple(self._spans(text, matches.lengths, n=n_spans)),
            near_copies=tuple(sorted(filter(None, near_copies), key=lambda copy: (-copy.similarity, -len(copy.text)))),
            n_passages=len(start_of),
        )

    def line_number(self, position: int) -> int:
        """The line of a position in the training text, counted from 1."""
        return bisect.bisect_right(self._line_starts, position)

    def around(self, span: Span) -> tuple[str, str, str]:
        """A match in the training text: the text before it, itself, and the text after it."""
        end = span.training_start + span.length
        before = self.text[max(0, span.training_start - _N_AROUND) : span.training_start]
        return before, self.text[span.training_start : end], self.text[end : end + _N_AROUND]

    def _passages(self, text: str) -> dict[str, int]:
        """Each different passage of a text that is long enough, and where it starts."""
        start_of, start = {}, 0
        for passage in text.split(self._separator):
            if len(passage.strip()) >= MIN_PASSAGE_LENGTH and len(set(passage)) >= _MIN_DISTINCT_CHARACTERS:
                start_of[passage] = start
            start += len(passage) + len(self._separator)
        return start_of

    def _spans(self, text: str, lengths: NDArray[np.int64], *, n: int) -> list[Span]:
        """Scan left to right, keep each match that extends past the previous one, and return the n longest."""
        ends = np.arange(len(text)) + lengths
        # A match that ends where the one before it ends lies within it.
        is_candidate = np.diff(ends, prepend=0) > 0
        # `lengths` stops at LIMIT. A match of that length may reach further than it shows.
        is_candidate |= lengths == LIMIT
        # Only the longest few are followed to their end, which is slow.
        shortest = np.sort(lengths[is_candidate])[-20 * n :].min(initial=LIMIT) if is_candidate.any() else 1
        spans, end = list[Span](), 0
        for start in np.flatnonzero(is_candidate & (lengths >= max(1, shortest))).tolist():
            length, position = self._suffixes.longest(text, start) if start + LIMIT > end else (0, 0)
            if start + length > end and length:
                spans.append(Span(start, length, position))
                end = start + length
        return sorted(spans, key=lambda span: -span.length)[:n]

    def _near_copy(self, passage: str, start: int, *, matches: Matches) -> NearCopy | None:
        """Compare a passage with the passage of the training text that holds its longest match.

        Comparing it with all passages would take too long. A near-copy shares a long match with its original.
        """
        stop = start + len(passage)
        within_passage = np.minimum(matches.lengths[start:stop], np.arange(len(passage), 0, -1))
        position = int(matches.positions[start + int(within_passage.argmax())])
        first = self._passage_starts[bisect.bisect_right(self._passage_starts, position) - 1]
        end = self.text.find(self._separator, first)
        original = self.text[first : end if end >= 0 else len(self.text)]
        similarity = Levenshtein.normalized_similarity(passage, original, score_cutoff=_MIN_SIMILARITY)
        return NearCopy(passage, original, similarity) if similarity >= _MIN_SIMILARITY else None


def _ngram_shares(lengths: NDArray[np.int64]) -> tuple[float, ...]:
    """For each n in `ORDERS`: an n-gram occurs if the match at its first character is n or longer."""
    n_all = len(lengths)
    return tuple(float((lengths[: n_all - n + 1] >= n).mean()) if n_all >= n else 0.0 for n in ORDERS)


def _copied_share(lengths: NDArray[np.int64]) -> float:
    """The share of characters that lie in a match of `COPY_LENGTH` or more."""
    # +1 where such a match starts, -1 where it ends: the running sum is the number of matches over each character.
    changes = np.zeros(len(lengths) + 1, dtype=np.int64)
    starts = np.flatnonzero(lengths >= COPY_LENGTH)
    np.add.at(changes, starts, 1)
    np.add.at(changes, starts + lengths[starts], -1)
    return float((changes[:-1].cumsum() > 0).mean())


def describe_copying(written: Novelty, human: Novelty | None) -> str:
    """Say in words whether a text copies; `human` is a text of the same kind that the model was not trained on.

    >>> index = CopyIndex("abcdefghij " * 30)
    >>> print(describe_copying(index.novelty("abcdefghij " * 20), index.novelty("jihgfedcba " * 20)))
    it copies: 100.0% of its characters lie in passages of 40 or more that occur in the training text, ...
    >>> print(describe_copying(index.novelty("abc"), None))
    3 characters are too few to tell: 200 or more are needed
    """
    if written.n_characters < _MIN_TEXT_LENGTH:
        return f"{written.n_characters:,} characters are too few to tell: {_MIN_TEXT_LENGTH:,} or more are needed"
    numbers = (
        f"{written.copied:.1%} of its characters lie in passages of {COPY_LENGTH} or more "
        "that occur in the training text"
    )
    longest = f"the longest passage has {written.spans[0].length} characters" if written.spans else "no passage does"
    if human is None:
        return f"{numbers}; {longest}"
    numbers += f", and {human.copied:.1%} of the characters of the held-out human text; {longest}"
    if _exceeds(written.copied, human.copied):
        return f"it copies: {numbers}"
    phrases, human_phrases = written.share(_PHRASE_LENGTH), human.share(_PHRASE_LENGTH)
    if _exceeds(phrases, human_phrases):
        return (
            "it copies no long passages, but more phrases than people do: "
            f"{phrases:.1%} of its phrases of {_PHRASE_LENGTH} characters occur in the training text, "
            f"and {human_phrases:.1%} of the human ones; {numbers}"
        )
    return f"it does not copy more than people do: {numbers}"


def _exceeds(share: float, human_share: float) -> bool:
    return share > _EXCESS_FACTOR * human_share + _EXCESS_MARGIN
