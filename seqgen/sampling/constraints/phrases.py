"""The options `ban` and `bias`: change the logits of tokens that would complete a phrase.

A phrase is rarely one token. The phrase "the cat" may be seven tokens of one character, or end in the middle of the
token "cats". What counts is therefore the moment at which a phrase becomes complete. Suppose that the text so far ends
with "the c". Then every token that begins with "at" completes the phrase: "at", "ate", "attic". So does every token
that holds the whole phrase itself.

Everything is compared as UTF-8 bytes, because a token may hold a part of a character.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import final

import numpy as np
from numpy.typing import NDArray

from seqgen.sampling.constraints.base import Constraint
from seqgen.sampling.filters import Logits
from seqgen.tokenizers import END_OF_TEXT, Tokenizer

_LARGEST_BIAS = 1e6
"""Larger biases are treated as this one, so that logits stay finite."""


@final
class Phrases:
    """Phrases with their biases, and which tokens of a vocabulary complete them. Many texts share one.

    `values` maps a phrase to its bias, -inf for a ban. The end-of-text token counts as the text `separator`, which may
    be empty.

    >>> import math
    >>> from seqgen.sampling.constraints.phrases import Phrases
    >>> from seqgen.tokenizers.byte import ByteTokenizer
    >>> phrases = Phrases(ByteTokenizer(), {"cat": -math.inf}, separator="")
    >>> tokens = phrases.completing_tokens(b"cat", tail=b"the ca", previous=ord("a") + 1)
    >>> [chr(token - 1) for token in tokens]  # ids of the byte tokenizer are the bytes plus 1
    ['t']
    """

    def __init__(self, tokenizer: Tokenizer, values: Mapping[str, float], *, separator: str) -> None:
        self.values = {phrase.encode(): _limited(value) for phrase, value in values.items()}
        self.n_longest = max(map(len, self.values), default=0)
        """Bytes of the longest phrase."""
        self._table_after, tables = tokenizer.piece_tables
        """(V,): the number of the table that tells the bytes of the tokens after this token."""
        self._tables: list[tuple[bytes, ...]] = [(separator.encode(), *pieces[1:]) for pieces in tables]
        self._cache: dict[tuple[int, bytes, frozenset[int]], NDArray[np.intp]] = {}

    def bytes_of(self, token: int, *, previous: int) -> bytes:
        """The bytes that a token adds to a text that ends with the token `previous`."""
        return self._tables[int(self._table_after[previous])][token]

    def completing_tokens(self, phrase: bytes, *, tail: bytes, previous: int) -> NDArray[np.intp]:
        """The tokens that complete a phrase after a text that ends with the bytes `tail` and the token `previous`.

        Looking through the vocabulary is slow. The answer depends only on which beginnings of the phrase the text ends
        with, and there are few such cases, so each answer is kept.
        """
        begun = frozenset(n for n in range(len(phrase)) if n == 0 or tail.endswith(phrase[:n]))
        table = int(self._table_after[previous])
        key = table, phrase, begun
        if key not in self._cache:
            completes = [
                any(piece.startswith(phrase[n:]) if n else phrase in piece for n in begun)
                for piece in self._tables[table]
            ]
            self._cache[key] = np.flatnonzero(completes)
        return self._cache[key]


def _limited(value: float) -> float:
    """The bias, cut to what can be added safely. A ban, which is -inf, stays -inf."""
    return value if value == -math.inf else max(-_LARGEST_BIAS, min(_LARGEST_BIAS, value))


@final
class PhraseBias(Constraint):
    """Adds the bias of each phrase to the tokens that would complete it. A bias of -inf bans the phrase.

    >>> import math
    >>> import numpy as np
    >>> from seqgen.sampling.constraints.phrases import PhraseBias, Phrases
    >>> from seqgen.tokenizers.byte import ByteTokenizer
    >>> constraint = PhraseBias(Phrases(ByteTokenizer(), {"no": -math.inf}, separator=""))
    >>> constraint.take(ord("n") + 1)
    >>> logits = np.zeros(257)
    >>> constraint.apply(logits)
    >>> [chr(token - 1) for token in np.flatnonzero(logits)]
    ['o']
    """

    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases
        self._tail = b""
        """The end of the text, as many bytes as the longest phrase has."""
        self._previous = END_OF_TEXT

    def take(self, token: int) -> None:
        added = self._phrases.bytes_of(token, previous=self._previous)
        self._tail = (self._tail + added)[-self._phrases.n_longest :]
        self._previous = token

    def apply(self, logits: Logits) -> None:
        for phrase, value in self._phrases.values.items():
            tokens = self._phrases.completing_tokens(phrase, tail=self._tail, previous=self._previous)
            logits[tokens] += value
