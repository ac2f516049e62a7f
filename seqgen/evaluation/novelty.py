"""Is it copying? What of a text stands in the training text, and how much of that is usual."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from seqgen.evaluation.suffix_array import LIMIT, SuffixArray

ORDERS = range(2, 51)
LONG = 40
"""Characters in a row from which on a piece is called copied."""
_NEAR = 0.8  # of a passage's characters that an edited copy has in common with its original
_LEAST_TEXT = 200  # characters of a text that a verdict is given of
_LEAST_KINDS = 6  # of characters: a line of dashes is nobody's
LEAST_PASSAGE = 20  # characters of a line or document that is worth a look
_PHRASE = 20  # characters
_CONTEXT = 40  # characters shown on each side of a span


class Span(NamedTuple):
    """A piece of the text that stands in the training text, as long as it goes."""

    start: int
    """In the text."""
    length: int
    place: int
    """In the training text."""


class NearCopy(NamedTuple):
    """A passage that is one of the training text, or nearly."""

    text: str
    original: str
    similarity: float
    """1 less the edits over the length of the longer."""


@dataclass(frozen=True)
class Novelty:
    """What of one text stands in the training text."""

    n_characters: int
    shares: tuple[float, ...]
    """For each of `ORDERS`, the share of the text's n-grams of characters that occur in training."""
    copied: float
    """Share of the characters that stand in pieces of `LONG` or more."""
    spans: tuple[Span, ...]
    """The longest, each as long as it goes, none within another, the longest first."""
    near_copies: tuple[NearCopy, ...]
    """Different passages, the nearest first."""
    n_passages: int
    """Different ones long enough to be looked at."""


@final
class CopyIndex:
    """A training text in memory, to look texts up in. Time and memory are linear in it (5 to 20 bytes a character).

    Its passages are what stands between `separator`s: documents, or lines.
    """

    def __init__(self, text: str, *, separator: str = "\n") -> None:
        self.text = text
        self._separator = separator
        self._suffixes = SuffixArray(text)
        self._line_starts, self._passage_starts = (
            [0, *(found.end() for found in re.finditer(re.escape(end), text))] for end in ("\n", separator)
        )

    def novelty(self, text: str, *, n_spans: int = 10) -> Novelty:
        """Compare a text that is not empty; it is looked up once."""
        lengths, places = self._suffixes.matches(text)
        lengths = np.minimum(lengths, len(text) - np.arange(len(text)))
        shares = [float((lengths[: len(text) - n + 1] >= n).mean()) if len(text) >= n else 0.0 for n in ORDERS]
        covered = np.zeros(len(text) + 1, dtype=np.int64)
        starts = np.flatnonzero(lengths >= LONG)
        np.add.at(covered, starts, 1)
        np.add.at(covered, starts + lengths[starts], -1)
        starts_of = self._passages(text)
        near_copies = [self._near_copy(passage, start, lengths, places) for passage, start in starts_of.items()]
        return Novelty(
            n_characters=len(text),
            shares=tuple(shares),
            copied=float((covered[:-1].cumsum() > 0).mean()),
            spans=tuple(self._spans(text, lengths, n_spans)),
            near_copies=tuple(sorted(filter(None, near_copies), key=lambda copy: (-copy.similarity, -len(copy.text)))),
            n_passages=len(starts_of),
        )

    def _passages(self, text: str) -> dict[str, int]:
        """Each different passage of a text that is long enough, and where it stands."""
        starts_of, start = {}, 0
        for passage in text.split(self._separator):
            if len(passage.strip()) >= LEAST_PASSAGE and len(set(passage)) >= _LEAST_KINDS:
                starts_of[passage] = start
            start += len(passage) + len(self._separator)
        return starts_of

    def line_number(self, place: int) -> int:
        """Of a place in the training text, from 1."""
        return bisect.bisect_right(self._line_starts, place)

    def around(self, span: Span) -> tuple[str, str, str]:
        """A span in the training text: before, itself, after."""
        end = span.place + span.length
        before = self.text[max(0, span.place - _CONTEXT) : span.place]
        return before, self.text[span.place : end], self.text[end : end + _CONTEXT]

    def _spans(self, text: str, lengths: NDArray[np.int64], n: int) -> list[Span]:
        """From left to right, the piece that goes furthest beyond the last; then the longest of all."""
        ends = np.arange(len(text)) + lengths
        is_first = np.diff(ends, prepend=0) > 0  # the others begin within the match before, and end with it
        is_first |= lengths == LIMIT  # which are cut off: they may go further
        least = np.sort(lengths[is_first])[-20 * n :].min(initial=LIMIT) if is_first.any() else 1
        found, end = list[Span](), 0
        for start in np.flatnonzero(is_first & (lengths >= max(1, least))).tolist():
            length, place = self._suffixes.longest(text, start) if start + LIMIT > end else (0, 0)
            if start + length > end and length:
                found.append(Span(start, length, place))
                end = start + length
        return sorted(found, key=lambda span: -span.length)[:n]

    def _near_copy(
        self, passage: str, start: int, lengths: NDArray[np.int64], places: NDArray[np.int64]
    ) -> NearCopy | None:
        """A passage beside the one of the training text in which its longest piece stands, if they are alike."""
        within = np.minimum(lengths[start : start + len(passage)], np.arange(len(passage), 0, -1))
        place = int(places[start + int(within.argmax())])
        first = self._passage_starts[bisect.bisect_right(self._passage_starts, place) - 1]
        end = self.text.find(self._separator, first)
        original = self.text[first : end if end >= 0 else len(self.text)]
        similarity = Levenshtein.normalized_similarity(passage, original, score_cutoff=_NEAR)
        return NearCopy(passage, original, similarity) if similarity >= _NEAR else None


def verdict(made: Novelty, human: Novelty | None) -> str:
    """In words; `human` is a text of the same kind that the model has not learned from."""
    if made.n_characters < _LEAST_TEXT:
        return f"{made.n_characters:,} characters are too few to tell: give {_LEAST_TEXT:,} or more"
    own = f"{made.copied:.1%} of its characters stand in pieces of {LONG} or more that the training text has"
    longest = f"the longest has {made.spans[0].length} characters" if made.spans else "no piece of it does"
    if human is None:
        return f"{own}; {longest}"
    both = f"{own}, {human.copied:.1%} of those of the human text that was held out; {longest}"
    if made.copied > 2 * human.copied + 0.01:
        return f"it copies: {both}"
    phrases, usual = (one.shares[_PHRASE - ORDERS.start] for one in (made, human))
    if phrases > 2 * usual + 0.01:
        return (
            f"it copies no passages, but more phrases than people do: {phrases:.1%} of its pieces of {_PHRASE} "
            f"characters occur in the training text, {usual:.1%} of the human ones; {both}"
        )
    return f"it does not copy more than people do: {both}"
