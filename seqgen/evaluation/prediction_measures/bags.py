"""Texts as bags: how often each word or character n-gram occurs in a text, whatever their order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

Features = Callable[[str], Iterable[str]]
"""What a text has in its bag, one of each occurrence."""
_WORD = re.compile(r"\w+|[^\w\s]")
_LONGEST_GRAM = 4
"""Characters of the longest n-gram."""


def words(text: str) -> list[str]:
    """The words of a text and its punctuation marks, in lower case.

    >>> words("Not bad at all.")
    ['not', 'bad', 'at', 'all', '.']
    """
    return _WORD.findall(text.lower())


def character_ngrams(text: str) -> Iterable[str]:
    """All runs of 1 to 4 characters of a text, in lower case, with a space at either end.

    >>> sorted(character_ngrams("Al"))[:5]
    [' ', ' ', ' a', ' al', ' al ']
    """
    padded = f" {text.lower()} "
    for n in range(1, _LONGEST_GRAM + 1):
        yield from (padded[start : start + n] for start in range(len(padded) - n + 1))


@dataclass(frozen=True, eq=False)
class Bags:
    """The bags of N texts, one after the other, the features of each in the order of their ids.

    Texts with equal bags have equal numbers here, so that whatever is computed from them is the same to the last bit.
    """

    ids: NDArray[np.int64]
    """Features. (M,)"""
    counts: NDArray[np.float64]
    """How often each of these occurs in the text. (M,)"""
    starts: NDArray[np.int64]
    """Where the bag of each text begins, and at the end M. (N + 1,)"""

    @property
    def owners(self) -> NDArray[np.int64]:
        """The number of the text that each feature is of. (M,)"""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


@final
class Vocabulary:
    """The features of the training texts that are kept, with an id for each.

    >>> vocabulary = Vocabulary(["a b a", "b a c"], words, most=2)
    >>> bags = vocabulary.bags(["c b a a"])
    >>> len(vocabulary), bags.ids.tolist(), bags.counts.tolist()
    (2, [0, 1], [2.0, 1.0])
    """

    def __init__(self, texts: Iterable[str], features: Features, *, most: int) -> None:
        """Keep the features that most texts have; of equally common ones, those first in the alphabet."""
        n_texts = Counter(feature for text in texts for feature in set(features(text)))
        kept = sorted(n_texts.items(), key=lambda item: (-item[1], item[0]))[:most]
        self._ids = {feature: number for number, (feature, _) in enumerate(kept)}
        self._features = features

    def __len__(self) -> int:
        return len(self._ids)

    def bags(self, texts: Sequence[str]) -> Bags:
        """The bags of some texts. Features that are not in the vocabulary are left out."""
        ids: list[int] = []
        counts: list[int] = []
        starts = [0]
        for text in texts:
            known = (self._ids.get(feature) for feature in self._features(text))
            bag = sorted(Counter(number for number in known if number is not None).items())
            ids.extend(number for number, _ in bag)
            counts.extend(count for _, count in bag)
            starts.append(len(ids))
        return Bags(np.array(ids, np.int64), np.array(counts, np.float64), np.array(starts, np.int64))
