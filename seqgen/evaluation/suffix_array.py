"""Where the longest pieces of one text stand in another: a suffix array."""

from __future__ import annotations

from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

LIMIT = 64  # characters that matches are followed all at once
_N_TOGETHER = 4096  # places that are searched at a time
_N_CODES = 0x110000


class Matches(NamedTuple):
    """Of every place of a text, the longest piece that begins there and stands in the indexed text."""

    lengths: NDArray[np.int64]
    """In characters, at most `LIMIT`."""
    places: NDArray[np.int64]
    """Where one of those pieces stands."""


@final
class SuffixArray:
    """Every place of a text, in the order of what follows there (Manber & Myers 1990), by libdivsufsort.

    Characters are kept as bytes, in one, two or four of them as the text needs: memory is five to twenty bytes for
    each character, and time linear but for a logarithm in the search.
    """

    def __init__(self, text: str) -> None:
        from pydivsufsort import divsufsort

        codes = _codes(text)
        alphabet = np.unique(codes)
        self._width = next(width for width in (1, 2, 4) if len(alphabet) + 3 <= 1 << (8 * width))
        self._ranks = np.full(_N_CODES, len(alphabet) + 1, dtype=f">u{self._width}")  # of no character of the text
        self._ranks[alphabet] = np.arange(1, len(alphabet) + 1)
        units = self._ranks[codes]
        del codes
        order = divsufsort(np.frombuffer(bytearray(units.tobytes()), dtype=np.uint8))
        if self._width > 1:
            order = order[order % self._width == 0] // self._width
        self._order: NDArray[np.integer] = order
        self._n = len(units)
        self._units = np.zeros(self._n + LIMIT, units.dtype)
        self._units[: self._n] = units

    def matches(self, text: str) -> Matches:
        """The longest match from every place of a text, up to `LIMIT` characters."""
        units = np.full(len(text) + LIMIT, np.iinfo(self._ranks.dtype).max, dtype=self._ranks.dtype)
        units[: len(text)] = self._ranks[_codes(text)]
        queries = np.lib.stride_tricks.sliding_window_view(units, LIMIT)
        lengths, places = np.zeros(len(text), dtype=np.int64), np.zeros(len(text), dtype=np.int64)
        if self._n:
            for first in range(0, len(text), _N_TOGETHER):
                part = slice(first, min(first + _N_TOGETHER, len(text)))
                lengths[part], places[part] = self._search(np.ascontiguousarray(queries[part]))
        return Matches(lengths, places)

    def longest(self, text: str, start: int) -> tuple[int, int]:
        """Length of the longest match from one place of a text, without limit, and where it stands."""
        query = self._ranks[_codes(text[start:])]
        low, high = 0, self._n
        while low < high:
            middle = (low + high) // 2
            if self._follow(query, int(self._order[middle]))[1]:
                low = middle + 1
            else:
                high = middle
        beside = [int(self._order[number]) for number in (low - 1, low) if 0 <= number < self._n]
        return max(((self._follow(query, place)[0], place) for place in beside), default=(0, 0))

    def _follow(self, query: NDArray[np.integer], place: int) -> tuple[int, bool]:
        """How far a suffix agrees with a query, and whether it comes before it."""
        n = 0
        while True:
            own, other = self._units[place + n : place + n + LIMIT], query[n : n + LIMIT]
            length = min(len(other), self._n - place - n, LIMIT)
            differ = np.flatnonzero(own[:length] != other[:length])
            if len(differ):
                at = int(differ[0])
                return n + at, bool(own[at] < other[at])
            if length < LIMIT:
                return n + length, n + length < len(query)
            n += length

    def _search(self, queries: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Longest matches of some queries, (N, LIMIT): a binary search for all of them at once."""
        wanted = self._words(queries)
        low, high = np.zeros(len(queries), dtype=np.int64), np.full(len(queries), self._n, dtype=np.int64)
        rows = np.arange(len(queries))
        for _ in range(self._n.bit_length()):
            middle = np.minimum((low + high) // 2, self._n - 1)
            found = self._words(self._windows(self._order[middle]))
            first = (found != wanted).argmax(axis=1)
            is_before = (found[rows, first] < wanted[rows, first]) & (low < high)
            low, high = np.where(is_before, middle + 1, low), np.where(is_before, high, np.minimum(high, middle))
        best, places = np.full(len(queries), -1), np.zeros(len(queries), dtype=np.int64)
        for number in (np.maximum(low - 1, 0), np.minimum(low, self._n - 1)):
            place = self._order[number].astype(np.int64)
            is_same = self._windows(place) == queries
            length = np.where(is_same.all(axis=1), LIMIT, is_same.argmin(axis=1))
            places = np.where(length > best, place, places)
            best = np.maximum(best, length)
        return best, places

    def _windows(self, places: NDArray[np.integer]) -> NDArray[np.integer]:
        windows: NDArray[np.integer] = np.lib.stride_tricks.sliding_window_view(self._units, LIMIT)[places]
        return windows

    def _words(self, windows: NDArray[np.integer]) -> NDArray[np.uint64]:
        """The bytes of windows as large numbers in the same order."""
        return np.ascontiguousarray(windows).view(np.uint8).view(">u8")


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
