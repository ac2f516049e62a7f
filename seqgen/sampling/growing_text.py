"""One text while it grows: decodes its tokens, holds back what may be the beginning of a stop string, and ends it.

`generated_text.py` has texts that have ended.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Literal, final

from seqgen.config import SamplingConfig
from seqgen.errors import RunError
from seqgen.sampling.candidates import STUCK
from seqgen.tokenizers import END_OF_TEXT, Detokenizer

Ending = Literal["length", "stop", "end-of-text", "match", "stuck", "silence"]
"""Why a text ended:

- length: it has the requested length.
- stop: a stop string came.
- end-of-text: the model ended its document.
- match: the text matches the expression, and nothing may follow.
- stuck: the constraints allow no token.
- silence: the model writes only tokens without characters.
"""

MAX_SILENT_TOKENS = 1000
"""A text ends after this many tokens in a row without a character."""


@final
class GrowingText:
    """A text of at most `length` characters, or without a limit.

    `detokenizer` has already decoded the prompt, and no other text may use it. A text `is_complete` when a constraint
    lets nothing follow.

    >>> from seqgen.config import SamplingConfig
    >>> from seqgen.sampling.growing_text import GrowingText
    >>> from seqgen.tokenizers import Detokenizer
    >>> from seqgen.tokenizers.byte import ByteTokenizer
    >>> text = GrowingText(Detokenizer(ByteTokenizer()), SamplingConfig(stop=("END",)), length=None)
    >>> [text.take(byte + 1) for byte in b"Go Eat END"]  # an "E" may begin the stop string, so it waits
    ['G', 'o', ' ', '', 'Ea', 't', ' ', '', '', '']
    >>> text.ending
    'stop'
    """

    def __init__(
        self, detokenizer: Detokenizer, config: SamplingConfig, *, length: int | None, is_complete: bool = False
    ) -> None:
        self._detokenizer = detokenizer
        self._stops = config.stop
        self._ends_with_document = config.until_end_of_text or config.match is not None
        self._n_left = length
        self._waiting = ""
        """Characters that may be the beginning of a stop string."""
        self._n_silent = 0
        self._is_empty = True
        self.n_characters = 0
        """Characters of all tokens so far, also those that are cut off at `length` or by a stop string."""
        self.ending: Ending | None = "length" if length == 0 else "match" if is_complete else None

    @property
    def n_invalid(self) -> int:
        """How many byte sequences so far were not UTF-8."""
        return self._detokenizer.n_invalid

    def fork(self) -> GrowingText:
        """A second text that begins with this one."""
        forked = copy.copy(self)
        forked._detokenizer = self._detokenizer.fork()
        return forked

    def take(self, token: int, *, is_complete: bool = False) -> str:
        """Decode one more token. Returns the characters that can be shown now, and sets `ending` at the end.

        Raises:
            RunError: the constraints leave not even a first token.
        """
        if token == STUCK and self._is_empty:
            raise RunError(
                "no text can begin here: the bans, --no-copy, --match and --words together leave no token to choose"
            )
        self._is_empty = False
        if token == STUCK or (token == END_OF_TEXT and self._ends_with_document):
            self.ending = "stuck" if token == STUCK else "end-of-text"
            return self._waiting + self._detokenizer.finish()
        text = self._decode(token)
        if self._n_left == 0:
            self.ending = "length"
        elif self._n_silent >= MAX_SILENT_TOKENS:
            self.ending = "silence"
        elif is_complete:
            self.ending = "match"
        return self._until_stop(text) if self._stops else text

    def cut(self) -> str:
        """End the text here, as long as it is. Returns the characters that still wait.

        >>> from seqgen.config import SamplingConfig
        >>> from seqgen.tokenizers import Detokenizer
        >>> from seqgen.tokenizers.byte import ByteTokenizer
        >>> text = GrowingText(Detokenizer(ByteTokenizer()), SamplingConfig(stop=("END",)), length=None)
        >>> text.take(ord("E") + 1), text.cut(), text.ending
        ('', 'E', 'length')
        """
        self.ending = "length"
        waiting, self._waiting = self._waiting, ""
        return waiting + self._detokenizer.finish()

    def _decode(self, token: int) -> str:
        """The characters that a token completes, cut off at the length of the text."""
        written = self._detokenizer.write(token)
        self.n_characters += len(written)
        text = written[: self._n_left]
        self._n_silent = 0 if text else self._n_silent + 1
        if self._n_left is not None:
            self._n_left -= len(text)
        return text

    def _until_stop(self, new: str) -> str:
        """What can be shown of the waiting and the new characters: a stop string, or the beginning of one, cannot."""
        text = self._waiting + new
        starts = [start for start in map(text.find, self._stops) if start >= 0]
        if starts:
            self.ending = "stop"
            return text[: min(starts)]
        n_waiting = 0 if self.ending else _n_waiting(text, self._stops)
        self._waiting = text[len(text) - n_waiting :]
        return text[: len(text) - n_waiting]


def _n_waiting(text: str, stops: Sequence[str]) -> int:
    """Length of the longest end of a text that is the beginning of a stop string."""
    lengths = (n for stop in stops for n in range(1, len(stop)) if text.endswith(stop[:n]))
    return max(lengths, default=0)
