"""Which runs of characters stand in a text: an index of all its runs of one length.

Does this run of 20 characters stand anywhere in the training text? The question comes with every character that is
written, so comparing with the whole text would be far too slow. Instead each run gets a hash, a number of 64 bits, and
the hashes are kept sorted. A rolling hash makes this cheap: the hash of the next run follows from the last one, the
character that enters and the character that leaves (Karp & Rabin 1987). Two runs may share a hash, so every hit is
compared character by character.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus import CorpusPart, written_chunks
from seqgen.corpus.cache import cache_folder, cannot_keep
from seqgen.durable import written_whole
from seqgen.tokenizers import MARK
from seqgen.tokenizers.alphabet import code_points
from seqgen.waiting import waiting

_BASE = 0x9E3779B97F4A7C15
"""The hash of characters c_1 ... c_n is c_1 * base^(n-1) + ... + c_n, modulo 2^64. The base is odd, so that no
character's part is lost, and far from powers of two, so that hashes spread."""
_MASK = (1 << 64) - 1
_SLOTS_PER_RUN = 16
"""A table with this many slots per run tells at once that most hashes are not in the index. About one in seventeen
absent hashes shares a slot with a run and is looked up in vain."""
_MAX_SLOT_BITS = 28
"""The table has at most 2^28 slots of one byte."""


@final
class SubstringIndex:
    """All runs of `length` characters of a text.

    >>> from seqgen.sampling.constraints.substring_index import SubstringIndex
    >>> index = SubstringIndex.of_text("the cat sat", 3)
    >>> [index.contains("cat"), index.contains("dog")]
    [True, False]
    """

    def __init__(
        self, codes: NDArray[np.uint32], length: int, *, keys: NDArray[np.uint64], starts: NDArray[Any]
    ) -> None:
        self.length = length
        self._codes = codes
        """The text as code points."""
        self._keys = keys
        """(n_runs,): the hashes of the runs, ascending."""
        self._starts = starts
        """(n_runs,): where the run of each hash begins in the text."""
        self._leaving_factor = pow(_BASE, length, 1 << 64)
        n_bits = min(_MAX_SLOT_BITS, max(1, len(keys) * _SLOTS_PER_RUN).bit_length())
        self._shift = 64 - n_bits
        slots = np.zeros(1 << n_bits, dtype=np.uint8)
        slots[keys >> np.uint64(self._shift)] = 1
        self._slots = slots.tobytes()  # bytes are faster to index than an array

    @classmethod
    def of_text(cls, text: str, length: int) -> SubstringIndex:
        """Index a text in memory."""
        codes = code_points(text)
        keys, starts = _sorted_runs(codes, length)
        return cls(codes, length, keys=keys, starts=starts)

    @classmethod
    def of_part(cls, part: CorpusPart, length: int) -> SubstringIndex:
        """The index of a part of a corpus, with its separators between documents. It is kept in the cache.

        Raises:
            CorpusError: the cache folder cannot be written.
        """
        folder = cache_folder() / "runs"
        try:
            codes = _cached(
                folder / f"{part.key}.npy",
                lambda: code_points("".join(written_chunks(part)).replace(MARK, part.separator)),
            )
            keys, starts = _cached(
                folder / f"{part.key}-{length}.npy",
                lambda: np.stack([array.astype(np.uint64) for array in _sorted_runs(codes, length)]),
            )
        except OSError as error:
            raise cannot_keep("the index of the text", folder, error) from None
        return cls(codes, length, keys=keys, starts=starts)

    def contains(self, run: str) -> bool:
        """Whether a run of exactly `length` characters stands in the text."""
        key = 0
        codes = [ord(character) for character in run]
        for code in codes:
            key = self.slide(key, entering=code, leaving=0)
        return self.contains_at(key, codes, start=0)

    def slide(self, key: int, *, entering: int, leaving: int) -> int:
        """The hash of a run after one code point has entered at its end and one has left at its beginning.

        `leaving` is 0 if nothing leaves: the hash of no characters is 0.
        """
        return (key * _BASE + entering - leaving * self._leaving_factor) & _MASK

    def contains_at(self, key: int, codes: Sequence[int], *, start: int) -> bool:
        """Whether the run of `length` code points from `start`, whose hash is `key`, stands in the text."""
        if not self._slots[key >> self._shift]:
            return False
        run = list(codes[start : start + self.length])
        row = int(np.searchsorted(self._keys, np.uint64(key)))
        while row < len(self._keys) and int(self._keys[row]) == key:
            begin = int(self._starts[row])
            if self._codes[begin : begin + self.length].tolist() == run:
                return True
            row += 1
        return False


def _sorted_runs(codes: NDArray[np.uint32], length: int) -> tuple[NDArray[np.uint64], NDArray[Any]]:
    """The hashes of all runs, ascending, and where each run begins."""
    n_runs = max(0, len(codes) - length + 1)
    keys = np.zeros(n_runs, dtype=np.uint64)
    for offset in range(length):
        keys *= np.uint64(_BASE)
        keys += codes[offset : offset + n_runs]
    order = np.argsort(keys, kind="stable")
    return keys[order], order


def _cached(path: Path, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """The array in a file of the cache. If the file is missing or damaged, the array is made and written again.

    The file is mapped into memory, not read: several processes then share it.
    """
    try:
        array = np.load(path, mmap_mode="r")
    except (FileNotFoundError, EOFError, ValueError):
        with waiting("indexing the training text"), written_whole(path) as out:
            np.save(out, make())
        array = np.load(path, mmap_mode="r")
    return np.asarray(array)  # a plain array: each access to a memmap is slow
