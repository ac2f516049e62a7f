"""No copies: a text in which no long run of characters stands that stands in the training text."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import NamedTuple, final

from seqgen.sampling.constraints.base import Constraint
from seqgen.sampling.constraints.substring_index import SubstringIndex
from seqgen.tokenizers import END_OF_TEXT, Tokenizer

_NOTHING = (b"", 0)  # what waits between characters


class _Grown(NamedTuple):
    """A text after a token."""

    token: int
    latest: list[int]
    """The last characters, as many as a run has; zeros before the text."""
    key: int
    """Their hash."""
    n_characters: int
    """Of the whole text."""
    waiting: tuple[bytes, int]
    """State of a decoder: the beginning of a character."""
    has_copy: bool
    """Whether the token completed a run of the index."""


@final
class NoCopy(Constraint):
    """Rejects every token with which a run of the index would stand in the text.

    Every character that the token adds counts, with those before it, the prompt's among them. The end-of-text token adds
    `separator`.
    """

    def __init__(self, index: SubstringIndex, tokenizer: Tokenizer, separator: str) -> None:
        self._index = index
        self._tokenizer = tokenizer
        self._separator = separator
        self._now = self._tried = _Grown(END_OF_TEXT, [0] * index.length, 0, 0, _NOTHING, False)

    def take(self, token: int) -> None:
        self._now = self._try(token)
        self._tried = self._now

    def rejects(self, token: int) -> bool:
        return self._try(token).has_copy

    def _try(self, token: int) -> _Grown:
        if self._tried is self._now or self._tried.token != token:
            self._tried = self._grow(token)
        return self._tried

    def _grow(self, token: int) -> _Grown:
        _, latest, key, n_characters, waiting, _ = self._now
        added, waiting = self._added(token, waiting)
        length, index = self._index.length, self._index
        codes = [*latest, *added]
        has_copy = False
        for place, code in enumerate(added, 1):
            key = index.slide(key, code, codes[place - 1])
            if n_characters + place >= length and index.holds(key, codes, place):
                has_copy = True
        return _Grown(token, codes[-length:], key, n_characters + len(added), waiting, has_copy)

    def _added(self, token: int, waiting: tuple[bytes, int]) -> tuple[Sequence[int], tuple[bytes, int]]:
        """The characters that a token completes, and what then waits."""
        piece = b"" if token == END_OF_TEXT else self._tokenizer.pieces(self._now.token)[token]
        if piece.isascii() and piece and waiting == _NOTHING:
            return piece, waiting  # a byte is a character
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        decoder.setstate(waiting)
        text = decoder.decode(piece, token == END_OF_TEXT) + (self._separator if token == END_OF_TEXT else "")
        return [ord(character) for character in text], decoder.getstate()
