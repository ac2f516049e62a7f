"""What texts are compared in: words, or characters where nearly every word of a text is new."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

from seqgen.evaluation.ngram import NgramModel

_WORD = re.compile(r"\w+(?:['\N{RIGHT SINGLE QUOTATION MARK}]\w+)*")
_WORD_OR_MARK = re.compile(rf"{_WORD.pattern}|[^\w\s]")
_SENTENCE_END = re.compile(r"[.!?]+|\n")
_LEAST_KNOWN = 0.6
"""A text has words if this share of those that people wrote in its held-out part also occurs in its training part."""
_UNKNOWN = 1
"""The id of a unit that the training text does not have. Ids of others are higher, the end-of-text token is 0."""
_WORD_ORDER, _CHARACTER_ORDER = 3, 4
"""Orders of the n-gram models. Longer n-grams of words hardly ever occur twice in a short text."""
_DISTINCT_ORDER = 3
_PASSAGE = {True: 300, False: 1500}
"""Units of a passage in which n-grams are counted: of words, of characters."""


@final
class Units:
    """The words of a training text and the marks between them; or its characters, for lists of names or Chinese.

    The text is compared in words if most words of the held-out text occur in it. Case is ignored.

    >>> from seqgen.evaluation import Units
    >>> units = Units(train="The cat sat. The dog sat by the cat.", held_out="The dog sat by the cat.")
    >>> units.are_words, units.split("The cat?")
    (True, ['the', 'cat', '?'])
    >>> units.clean_sentences(["The dog sat. The dgo sat."])
    0.5
    >>> Units(train="Ada\\nBea\\n", held_out="Cleo\\n").split("Dora")
    ['d', 'o', 'r', 'a']
    """

    def __init__(self, *, train: str, held_out: str) -> None:
        self._known = frozenset(_words(train))
        self.are_words = self.known_words([held_out]) >= _LEAST_KNOWN
        units = self.split(train)
        self._ids = {unit: number for number, unit in enumerate(dict.fromkeys(units), start=_UNKNOWN + 1)}
        order = _WORD_ORDER if self.are_words else _CHARACTER_ORDER
        self._ngram = NgramModel(self._encode(train), order=order, vocab_size=len(self._ids) + _UNKNOWN + 1)
        self._passage = min(_PASSAGE[self.are_words], max(_DISTINCT_ORDER, len(self.split(held_out))))

    def split(self, text: str) -> list[str]:
        """A text as its units, in lower case."""
        return _WORD_OR_MARK.findall(text.casefold()) if self.are_words else list(text.casefold())

    def known_words(self, texts: Sequence[str]) -> float:
        """The share of words that occur in the training text."""
        words = [word for text in texts for word in _words(text)]
        return sum(word in self._known for word in words) / max(1, len(words))

    def clean_sentences(self, texts: Sequence[str]) -> float | None:
        """The share of sentences whose words all occur in the training text; None if there are no words.

        A sentence ends with a full stop, a question mark, an exclamation mark or the line. Single words are none.
        """
        sentences = [_words(sentence) for text in texts for sentence in _SENTENCE_END.split(text)]
        sentences = [words for words in sentences if len(words) > 1]
        if not self.are_words or not sentences:
            return None
        return sum(self._known.issuperset(words) for words in sentences) / len(sentences)

    def surprise(self, texts: Sequence[str]) -> float:
        """Bits per unit under an n-gram model of the training text, over the units that the training text has.

        The others count as broken sentences already. 0 if there are none.
        """
        ids = [self._encode(text) for text in texts]
        nats = np.concatenate([self._ngram.nats(encoded)[encoded != _UNKNOWN] for encoded in ids])
        return float(nats.mean()) / math.log(2) if len(nats) else 0.0

    def distinct(self, texts: Sequence[str]) -> float:
        """Different trigrams of units as a share of all (distinct-3, Li et al. 2016), the mean over passages.

        The share falls with the length of a text, so all passages have the same number of units.
        """
        units = [unit for text in texts for unit in self.split(text)]
        n_passages = max(1, len(units) // self._passage)
        shares = []
        for passage in (units[n * self._passage : (n + 1) * self._passage] for n in range(n_passages)):
            grams = list(zip(*(passage[start:] for start in range(_DISTINCT_ORDER)), strict=False))
            shares.append(len(set(grams)) / max(1, len(grams)))
        return sum(shares) / len(shares)

    def _encode(self, text: str) -> NDArray[np.int64]:
        return np.array([self._ids.get(unit, _UNKNOWN) for unit in self.split(text)], np.int64)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
