"""The option `no_copy`: a text shares no run of n characters with the training text."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import NamedTuple, final

from seqgen.sampling.constraints.base import Constraint
from seqgen.sampling.constraints.substring_index import SubstringIndex
from seqgen.tokenizers import END_OF_TEXT, Tokenizer

_DecoderState = tuple[bytes, int]
"""State of Python's incremental UTF-8 decoder. It holds the bytes of a character that is not complete yet."""
_NO_BYTES_WAIT: _DecoderState = (b"", 0)


class _Position(NamedTuple):
    """A text after its latest token."""

    token: int
    latest: list[int]
    """The last characters as code points, as many as a run has; zeros where the text is shorter."""
    key: int
    """Their hash in the index."""
    n_characters: int
    """Of the whole text."""
    waiting: _DecoderState
    has_copy: bool
    """Whether the token completed a run of the training text."""


@final
class NoCopy(Constraint):
    """Rejects every token that would complete a run of the index.

    The run may begin in the prompt. The end-of-text token adds the text `separator`.

    >>> from seqgen.sampling.constraints.no_copy import NoCopy
    >>> from seqgen.sampling.constraints.substring_index import SubstringIndex
    >>> from seqgen.tokenizers.byte import ByteTokenizer
    >>> constraint = NoCopy(SubstringIndex.of_text("the cat", 3), ByteTokenizer(), separator="")
    >>> for byte in b"ca":
    ...     constraint.take(byte + 1)
    >>> [constraint.rejects(ord("t") + 1), constraint.rejects(ord("n") + 1)]
    [True, False]
    """

    def __init__(self, index: SubstringIndex, tokenizer: Tokenizer, *, separator: str) -> None:
        self._index = index
        self._tokenizer = tokenizer
        self._separator = separator
        self._now = _Position(END_OF_TEXT, [0] * index.length, 0, 0, _NO_BYTES_WAIT, False)
        self._tried = self._now
        """The position after the token that was tried last: usually that token is also taken."""

    def take(self, token: int) -> None:
        self._now = self._try(token)
        self._tried = self._now

    def rejects(self, token: int) -> bool:
        return self._try(token).has_copy

    def _try(self, token: int) -> _Position:
        if self._tried is self._now or self._tried.token != token:
            self._tried = self._position_after(token)
        return self._tried

    def _position_after(self, token: int) -> _Position:
        _, latest, key, n_characters, waiting, _ = self._now
        added, waiting = self._characters_of(token, waiting)
        index = self._index
        if len(added) == 1:  # most tokens of characters
            key = index.slide(key, entering=added[0], leaving=latest[0])
            latest, n_characters = [*latest[1:], *added], n_characters + 1
            has_copy = n_characters >= index.length and index.contains_at(key, latest, start=0)
            return _Position(token, latest, key, n_characters, waiting, has_copy)
        codes = [*latest, *added]
        has_copy = False
        for n_added, code in enumerate(added, 1):
            key = index.slide(key, entering=code, leaving=codes[n_added - 1])
            if n_characters + n_added >= index.length and index.contains_at(key, codes, start=n_added):
                has_copy = True
        return _Position(token, codes[-index.length :], key, n_characters + len(added), waiting, has_copy)

    def _characters_of(self, token: int, waiting: _DecoderState) -> tuple[Sequence[int], _DecoderState]:
        """The code points that a token completes, and the state of the decoder after it."""
        piece = b"" if token == END_OF_TEXT else self._tokenizer.pieces(self._now.token)[token]
        if piece.isascii() and piece and waiting == _NO_BYTES_WAIT:
            return piece, waiting  # each byte is a character
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        decoder.setstate(waiting)
        text = decoder.decode(piece, token == END_OF_TEXT) + (self._separator if token == END_OF_TEXT else "")
        return [ord(character) for character in text], decoder.getstate()
