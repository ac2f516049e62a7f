"""The training source that is most like a source: what a model must beat that only remembers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import final

import numpy as np

_GRAM_LENGTHS = (2, 3)
"""Characters of the n-grams that are compared."""


@final
class NearestSource:
    """An index over training sources, which finds the one that shares most character n-grams with a source.

    The likeness of two sources is Dice's coefficient of their sets of n-grams: twice the number of those in both,
    divided by the sum of the numbers in each (Dice 1945). Upper and lower case differ.

    >>> index = NearestSource(["eins", "zwei", "drei"])
    >>> index.find("zweimal"), index.find("xyz")
    (1, None)
    """

    def __init__(self, sources: Sequence[str]) -> None:
        grams = [_grams(source) for source in sources]
        self._ids: dict[str, int] = {}
        ids = [self._ids.setdefault(gram, len(self._ids)) for found in grams for gram in found]
        self._sizes = np.array([len(found) for found in grams], dtype=np.int64)  # (N,)
        flat = np.array(ids, dtype=np.int64)
        owners = np.repeat(np.arange(len(grams), dtype=np.int32), self._sizes)
        self._owners = owners[np.argsort(flat, kind="stable")]  # the sources that have each n-gram, n-gram by n-gram
        self._starts = np.concatenate(([0], np.cumsum(np.bincount(flat, minlength=len(self._ids)))))

    def find(self, source: str) -> int | None:
        """The number of the likest source, the first of several that are equally like; None if nothing is shared."""
        grams = _grams(source)
        known = [self._ids[gram] for gram in grams if gram in self._ids]
        if not known:
            return None
        owners = np.concatenate([self._owners[self._starts[number] : self._starts[number + 1]] for number in known])
        shared = np.bincount(owners, minlength=len(self._sizes))  # (N,)
        return int((shared / (self._sizes + len(grams))).argmax())


def _grams(source: str) -> list[str]:
    """The different n-grams of a source with a space at either end, in order, so that no source is without any."""
    padded = f" {source} "
    found = (padded[start : start + n] for n in _GRAM_LENGTHS for start in range(len(padded) - n + 1))
    return list(dict.fromkeys(found))


def commonest(texts: Sequence[str]) -> str:
    """The text that occurs most often; of several, the first.

    >>> commonest(["b", "a", "a", "b"])
    'b'
    """
    ((text, _),) = Counter(texts).most_common(1)
    return text
