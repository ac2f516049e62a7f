"""Texts that a model writes from their end: they are decoded when they are complete, and stand before the prompt."""

from __future__ import annotations

from functools import lru_cache
from typing import final

import numpy as np
from numpy.typing import NDArray

from seqgen.config import SamplingConfig
from seqgen.sampling.candidates import STUCK
from seqgen.sampling.growing_text import MAX_SILENT_TOKENS, Ending
from seqgen.sampling.prompt import FittedPrompt
from seqgen.tokenizers import END_OF_TEXT, Detokenizer, Tokenizer

_CONTINUATION = range(0x80, 0xC0)
"""The bytes of UTF-8 that begin no character."""


@final
class BackwardText:
    """One text that grows from its end, of at most `length` characters or without a limit.

    Nothing of it can be shown before it ends: the bytes of a character come in the wrong order, and a reader wants the
    beginning first. Then `take` returns the whole text.

    >>> from seqgen.config import SamplingConfig
    >>> from seqgen.run import open_model
    >>> from seqgen.sampling import fit_prompt
    >>> tokenizer = open_model("checkpoints/story").tokenizer
    >>> text = BackwardText(fit_prompt("sat.", tokenizer), tokenizer, config=SamplingConfig(), length=4)
    >>> [text.take(token) for token in reversed(tokenizer.encode("cat ").ids.tolist())], text.ending
    (['', '', '', 'cat '], 'length')
    """

    def __init__(
        self, prompt: FittedPrompt, tokenizer: Tokenizer, *, config: SamplingConfig, length: int | None
    ) -> None:
        self._prompt = prompt
        self._tokenizer = tokenizer
        self._ends_with_document = config.until_end_of_text
        self._length = length
        self._tokens: list[int] = []
        """In the order in which they were written, the last of the text first."""
        self._n_begun = self._n_silent = 0
        self.n_invalid = 0
        """How many byte sequences of the text were not UTF-8."""
        self.ending: Ending | None = "length" if length == 0 else None

    def take(self, token: int, *, is_complete: bool = False) -> str:
        """Add one more token before the text. Returns the whole text if it ends here, and sets `ending`."""
        if token == STUCK or (token == END_OF_TEXT and self._ends_with_document):
            self.ending = "stuck" if token == STUCK else "end-of-text"
            return self._decode()
        self._tokens.append(token)
        n_begun = int(characters_begun(self._tokenizer)[token])
        self._n_begun += n_begun
        self._n_silent = 0 if n_begun else self._n_silent + 1
        if self._n_silent >= MAX_SILENT_TOKENS:
            self.ending = "silence"
            return self._decode()
        if self._length is None or self._n_begun < self._length or len(text := self._decode()) < self._length:
            return ""
        self.ending = "length"
        return text[len(text) - self._length :]

    def _decode(self) -> str:
        """The text so far. It ends where the prompt begins, which some tokenizers separate by a space."""
        written, prompt = self._tokens[::-1], self._prompt
        text = self._tokenizer.decode([*written, *prompt.ids])
        detokenizer = Detokenizer(self._tokenizer)
        alone = "".join(map(detokenizer.write, written)) + detokenizer.finish()
        self.n_invalid = detokenizer.n_invalid
        return text.removesuffix(prompt.text) if text.endswith(prompt.text) else alone


@lru_cache(maxsize=4)
def characters_begun(tokenizer: Tokenizer) -> NDArray[np.int64]:
    """How many characters begin in each token, the end-of-text token included: none in the later bytes of one. (V,)

    >>> from seqgen.run import open_model
    >>> set(characters_begun(open_model("checkpoints/story").tokenizer)[1:].tolist())  # each token is a character
    {1}
    """
    pieces = tokenizer.pieces(END_OF_TEXT)
    return np.array([sum(byte not in _CONTINUATION for byte in piece) for piece in pieces])
