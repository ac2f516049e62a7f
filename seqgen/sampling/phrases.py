"""Bias and ban: what is added to the logits of tokens that would complete a phrase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

from seqgen.sampling.filters import Logits
from seqgen.sampling.rule import Rule
from seqgen.tokenizers import BOUNDARY, Tokenizer


@final
class PhraseBias(Rule):
    """Knows which tokens would complete which phrase of a text.

    A phrase may begin in one token and end in another, or stand in the midst of one. -inf bans it.
    """

    def __init__(self, tokenizer: Tokenizer, phrases: Mapping[str, float]) -> None:
        self._tokenizer = tokenizer
        self._values = {phrase.encode(): value for phrase, value in phrases.items()}
        self._longest = max(map(len, self._values), default=0)
        self._completing: dict[tuple[int, bytes, int], NDArray[np.intp]] = {}
        self._tail = b""
        self._previous = BOUNDARY

    def take(self, token: int) -> None:
        self._tail = (self._tail + self._tokenizer.pieces(self._previous)[token])[-self._longest :]
        self._previous = token

    def apply(self, logits: Logits) -> None:
        pieces = self._tokenizer.pieces(self._previous)
        for phrase, value in self._values.items():
            for n_there in range(len(phrase)):
                if n_there == 0 or self._tail.endswith(phrase[:n_there]):
                    logits[self._tokens_for(pieces, phrase, n_there)] += value

    def _tokens_for(self, pieces: Sequence[bytes], phrase: bytes, n_there: int) -> NDArray[np.intp]:
        """Tokens that complete a phrase of which so many bytes are there already; of 0, those that hold all of it."""
        key = id(pieces), phrase, n_there
        if key not in self._completing:
            rest = phrase[n_there:]
            fits = [piece.startswith(rest) if n_there else rest in piece for piece in pieces]
            self._completing[key] = np.flatnonzero(fits)
        return self._completing[key]
