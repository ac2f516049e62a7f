"""Which runs of characters stand in a text: an index of all runs of one length, kept in the cache."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus.cache import cache_folder
from seqgen.corpus.parts import CorpusPart
from seqgen.durable import written_whole
from seqgen.errors import CorpusError
from seqgen.tokenizers import MARK
from seqgen.tokenizers.alphabet import code_points

_BASE = 0x9E3779B97F4A7C15  # odd, and far from a power of two
_MASK = (1 << 64) - 1
_SLOTS_PER_RUN = 16  # of the filter, which then lets one run in seventeen through in vain
_MOST_SLOTS_BITS = 28


@final
class SubstringIndex:
    """The runs of `length` characters of a text, by a rolling hash (Karp & Rabin 1987); every hit is verified."""

    def __init__(self, codes: NDArray[np.uint32], length: int, keys: NDArray[np.uint64], places: NDArray[Any]) -> None:
        self.length = length
        self._codes = codes
        self._keys = keys
        self._places = places
        self._leaving = pow(_BASE, length, 1 << 64)
        n_bits = min(_MOST_SLOTS_BITS, max(1, len(keys) * _SLOTS_PER_RUN).bit_length())
        self._shift = 64 - n_bits
        slots = np.zeros(1 << n_bits, dtype=np.uint8)
        slots[keys >> np.uint64(self._shift)] = 1
        self._filter = slots.tobytes()

    @classmethod
    def of_text(cls, text: str, length: int) -> SubstringIndex:
        """Index a text in memory."""
        codes = code_points(text)
        return cls(codes, length, *_sorted_runs(codes, length))

    @classmethod
    def of_part(cls, part: CorpusPart, length: int) -> SubstringIndex:
        """The index of a corpus part, documents separated as its text has them: from the cache, or made into it.

        Raises:
            CorpusError: the cache folder cannot be written.
        """
        folder = cache_folder() / "runs"
        text, runs = folder / f"{part.key}.npy", folder / f"{part.key}-{length}.npy"
        try:
            if not text.exists():
                _save(text, code_points("".join(part.chunks()).replace(MARK, part.separator)))
            codes = np.asarray(np.load(text, mmap_mode="r"))  # no memmap, whose every access is slow
            if not runs.exists():
                keys, places = _sorted_runs(codes, length)
                _save(runs, np.stack([keys, places.astype(np.uint64)]))
            keys, places = np.asarray(np.load(runs, mmap_mode="r"))
        except OSError as error:
            raise CorpusError(f"the index of the text cannot be kept in {folder}: {error.strerror or error}") from None
        return cls(codes, length, keys, places)

    def slide(self, key: int, entering: int, leaving: int) -> int:
        """The hash of a run after one character has entered and one, `length` before it, has left; 0 for none."""
        return (key * _BASE + entering - leaving * self._leaving) & _MASK

    def holds(self, key: int, codes: Sequence[int], start: int = 0) -> bool:
        """Whether a run stands in the text: `length` codes from `start`, given with their hash."""
        if not self._filter[key >> self._shift]:
            return False
        run = list(codes[start : start + self.length])
        place = int(np.searchsorted(self._keys, np.uint64(key)))
        while place < len(self._keys) and int(self._keys[place]) == key:
            begin = int(self._places[place])
            if self._codes[begin : begin + self.length].tolist() == run:
                return True
            place += 1
        return False


def _sorted_runs(codes: NDArray[np.uint32], length: int) -> tuple[NDArray[np.uint64], NDArray[Any]]:
    """The hash of every run, ascending, and where each begins."""
    n_runs = max(0, len(codes) - length + 1)
    keys = np.zeros(n_runs, dtype=np.uint64)
    for offset in range(length):
        keys *= np.uint64(_BASE)
        keys += codes[offset : offset + n_runs]
    order = np.argsort(keys, kind="stable")
    return keys[order], order


def _save(path: Any, array: NDArray[Any]) -> None:
    with written_whole(path) as out:
        np.save(out, array)
