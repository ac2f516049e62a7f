"""Bias and ban: what is added to the logits of tokens that would complete a phrase."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import final

import numpy as np
from numpy.typing import NDArray

from seqgen.sampling.constraints.base import Constraint
from seqgen.sampling.filters import Logits
from seqgen.tokenizers import END_OF_TEXT, Tokenizer

_MOST = 1e6


@final
class Phrases:
    """Which tokens complete which phrase, for all the texts of one vocabulary.

    The end-of-text token stands for `separator`, which may be nothing.
    """

    def __init__(self, tokenizer: Tokenizer, values: Mapping[str, float], separator: str) -> None:
        self.values = {phrase.encode(): _within(value) for phrase, value in values.items()}
        self.longest = max(map(len, self.values), default=0)
        self.piece_tables, lists = tokenizer.piece_tables
        self._pieces: list[tuple[bytes, ...]] = [(separator.encode(), *pieces[1:]) for pieces in lists]
        self._completing: dict[tuple[int, bytes, frozenset[int]], NDArray[np.intp]] = {}

    def piece(self, previous: int, token: int) -> bytes:
        """What a token adds after another."""
        return self._pieces[int(self.piece_tables[previous])][token]

    def tokens_for(self, previous: int, phrase: bytes, tail: bytes) -> NDArray[np.intp]:
        """Tokens that complete a phrase after such an end of a text: by what is there of it already, or wholly."""
        n_there = frozenset(n for n in range(len(phrase)) if n == 0 or tail.endswith(phrase[:n]))
        key = int(self.piece_tables[previous]), phrase, n_there
        if key not in self._completing:
            fits = [
                any(piece.startswith(phrase[n:]) if n else phrase in piece for n in n_there)
                for piece in self._pieces[key[0]]
            ]
            self._completing[key] = np.flatnonzero(fits)
        return self._completing[key]


def _within(value: float) -> float:
    """A bias that any logit can bear; -inf stays."""
    return value if value == -math.inf else max(-_MOST, min(_MOST, value))


@final
class PhraseBias(Constraint):
    """Adds to the logits of tokens that would complete a phrase; -inf bans it.

    A phrase may begin in one token and end in another, or stand in the midst of one.
    """

    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases
        self._tail = b""
        self._previous = END_OF_TEXT

    def take(self, token: int) -> None:
        self._tail = (self._tail + self._phrases.piece(self._previous, token))[-self._phrases.longest :]
        self._previous = token

    def apply(self, logits: Logits) -> None:
        for phrase, value in self._phrases.values.items():
            logits[self._phrases.tokens_for(self._previous, phrase, self._tail)] += value
