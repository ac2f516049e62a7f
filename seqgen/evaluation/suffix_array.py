"""A suffix array: finds the longest matches of one text in another, for `novelty.py`.

The suffixes of a text are the pieces that run from one of its positions to its end. Sort all of them once, and every
search becomes a binary search, because suffixes with the same beginning stand next to each other:

    text     b a n a n a        position   suffix
             0 1 2 3 4 5               5   a
                                       3   ana
                                       1   anana
                                       0   banana
                                       4   na
                                       2   nana

To find the longest match of a query, find the row before which the query would be inserted. No suffix shares a longer
beginning with the query than the rows just above and just below.
"""

from __future__ import annotations

from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from seqgen.tokenizers.alphabet import N_CODES, code_points

LIMIT = 64
"""`SuffixArray.matches` follows a match for this many characters; `SuffixArray.longest` has no limit."""
_QUERIES_AT_ONCE = 4096
"""How many positions are searched together: enough to keep NumPy busy, few enough to fit into the cache."""


class Matches(NamedTuple):
    """For every position of a text: the longest match that begins there."""

    lengths: NDArray[np.int64]
    """In characters, `LIMIT` at most. (N,)"""
    positions: NDArray[np.int64]
    """Where such a match begins in the indexed text. (N,)"""


@final
class SuffixArray:
    """The positions of a text in the order of their suffixes (Manber & Myers 1990), sorted by libdivsufsort.

    Building takes linear time, and 5 to 20 bytes of memory for each character; a search takes a time logarithmic in the
    length of the text.

    >>> array = SuffixArray("banana")
    >>> array.matches("ananas").lengths.tolist()  # anana, nana, ana, na, a, and no s
    [5, 4, 3, 2, 1, 0]
    >>> array.longest("ananas", 0)  # its length, and where it begins in banana
    (5, 1)
    """

    def __init__(self, text: str) -> None:
        from pydivsufsort import divsufsort

        # Characters become ranks: 1 for the lowest code point of the text, and so on. 0 pads the end of the text, and
        # the two ranks above all others stand for unknown characters and for the end of a query. Ranks are stored
        # in one, two or four bytes, the most significant first, so that comparing bytes compares ranks.
        codes = code_points(text)
        alphabet = np.unique(codes)
        self._width = next(width for width in (1, 2, 4) if len(alphabet) + 3 <= 1 << (8 * width))
        self._rank_of_code = np.full(N_CODES, len(alphabet) + 1, dtype=f">u{self._width}")
        self._rank_of_code[alphabet] = np.arange(1, len(alphabet) + 1)
        ranks = self._rank_of_code[codes]
        del codes
        # The library sorts the suffixes of a byte string. Those that begin within a character are dropped.
        order = divsufsort(np.frombuffer(bytearray(ranks.tobytes()), dtype=np.uint8))
        if self._width > 1:
            order = order[order % self._width == 0] // self._width
        self._order: NDArray[np.integer] = order
        self._n = len(ranks)
        self._ranks = np.zeros(self._n + LIMIT, ranks.dtype)
        self._ranks[: self._n] = ranks

    def matches(self, text: str) -> Matches:
        """Find the longest match, up to `LIMIT` characters, at every position of a text."""
        ranks = np.full(len(text) + LIMIT, np.iinfo(self._rank_of_code.dtype).max, dtype=self._rank_of_code.dtype)
        ranks[: len(text)] = self._rank_of_code[code_points(text)]
        queries = np.lib.stride_tricks.sliding_window_view(ranks, LIMIT)  # (N + 1, LIMIT)
        lengths, positions = np.zeros(len(text), dtype=np.int64), np.zeros(len(text), dtype=np.int64)
        if self._n:
            for first in range(0, len(text), _QUERIES_AT_ONCE):
                part = slice(first, min(first + _QUERIES_AT_ONCE, len(text)))
                lengths[part], positions[part] = self._search(np.ascontiguousarray(queries[part]))
        return Matches(lengths, positions)

    def longest(self, text: str, start: int) -> tuple[int, int]:
        """Find the longest match at one position of a text: its length, and its position in the indexed text."""
        query = self._rank_of_code[code_points(text[start:])]
        low, high = 0, self._n
        while low < high:
            middle = (low + high) // 2
            _, is_before = self._compare(query, int(self._order[middle]))
            low, high = (middle + 1, high) if is_before else (low, middle)
        neighbours = [int(self._order[row]) for row in (low - 1, low) if 0 <= row < self._n]
        return max(((self._compare(query, position)[0], position) for position in neighbours), default=(0, 0))

    def _compare(self, query: NDArray[np.integer], position: int) -> tuple[int, bool]:
        """Compare a query with the suffix at a position, `LIMIT` characters at a time.

        Returns how many characters they have in common, and whether the suffix sorts before the query.
        """
        n_equal = 0
        while True:
            in_suffix = self._ranks[position + n_equal : position + n_equal + LIMIT]
            in_query = query[n_equal : n_equal + LIMIT]
            length = min(len(in_query), self._n - position - n_equal, LIMIT)  # the shorter of the two may end here
            differing = np.flatnonzero(in_suffix[:length] != in_query[:length])
            if len(differing):
                at = int(differing[0])
                return n_equal + at, bool(in_suffix[at] < in_query[at])
            n_equal += length
            if length < LIMIT:
                return n_equal, n_equal < len(query)

    def _search(self, queries: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find the longest matches of several queries, (N, LIMIT), in one binary search that they make in step."""
        wanted = self._as_words(queries)
        numbers = np.arange(len(queries))
        low, high = np.zeros(len(queries), dtype=np.int64), np.full(len(queries), self._n, dtype=np.int64)
        for _ in range(self._n.bit_length()):
            middle = np.minimum((low + high) // 2, self._n - 1)
            words = self._as_words(self._windows(self._order[middle]))
            differing = (words != wanted).argmax(axis=1)  # the first word that differs; 0 if none does
            is_before = (words[numbers, differing] < wanted[numbers, differing]) & (low < high)
            low, high = np.where(is_before, middle + 1, low), np.where(is_before, high, np.minimum(high, middle))
        best, positions = np.full(len(queries), -1), np.zeros(len(queries), dtype=np.int64)
        for row in (np.maximum(low - 1, 0), np.minimum(low, self._n - 1)):  # the neighbours
            position = self._order[row].astype(np.int64)
            is_equal = self._windows(position) == queries
            lengths = np.where(is_equal.all(axis=1), LIMIT, is_equal.argmin(axis=1))
            positions = np.where(lengths > best, position, positions)
            best = np.maximum(best, lengths)
        return best, positions

    def _windows(self, positions: NDArray[np.integer]) -> NDArray[np.integer]:
        """The first characters of the suffixes at these positions, as ranks. (N, LIMIT)"""
        windows: NDArray[np.integer] = np.lib.stride_tricks.sliding_window_view(self._ranks, LIMIT)[positions]
        return windows

    def _as_words(self, windows: NDArray[np.integer]) -> NDArray[np.uint64]:
        """The bytes of windows, eight at a time as large numbers, which sort in the same order but faster."""
        return np.ascontiguousarray(windows).view(np.uint8).view(">u8")
