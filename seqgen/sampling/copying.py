"""No copies: a text in which no long run of characters stands that stands in the training text."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import final

from seqgen.corpus.copies import RunIndex
from seqgen.sampling.rule import Rule
from seqgen.tokenizers import BOUNDARY, Tokenizer


@final
class NoCopyRule(Rule):
    """Rejects every token with which a run of the index would stand in the text.

    Every character that the token adds counts, with those before it, the prompt's among them. The boundary adds
    `separator`.
    """

    def __init__(self, index: RunIndex, tokenizer: Tokenizer, separator: str) -> None:
        self._index = index
        self._tokenizer = tokenizer
        self._separator = separator
        self._utf8 = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._latest = [0] * index.length
        """The last characters, as many as a run has; zeros before the text."""
        self._key = 0
        self._n_characters = 0
        self._previous = BOUNDARY

    def take(self, token: int) -> None:
        for code in self._added(token):
            self._key = self._index.slide(self._key, code, self._latest[0])
            self._latest = [*self._latest[1:], code]
            self._n_characters += 1
        self._previous = token

    def rejects(self, token: int) -> bool:
        index, key = self._index, self._key
        state = self._utf8.getstate()
        codes = [*self._latest, *self._added(token)]
        self._utf8.setstate(state)
        for place in range(len(codes) - index.length):
            key = index.slide(key, codes[place + index.length], codes[place])
            is_whole = self._n_characters + place + 1 >= index.length
            if is_whole and index.holds(key, codes[place + 1 : place + 1 + index.length]):
                return True
        return False

    def _added(self, token: int) -> Sequence[int]:
        """The characters that a token completes."""
        if token == BOUNDARY:
            text = self._utf8.decode(b"", final=True) + self._separator
        else:
            text = self._utf8.decode(self._tokenizer.pieces(self._previous)[token])
        return [ord(character) for character in text]
