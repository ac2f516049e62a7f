"""Text from a saved model, as it is made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import final

from seqgen.config import SamplingConfig
from seqgen.inference import build_stepper
from seqgen.run import SavedModel
from seqgen.sampling.generate import generate
from seqgen.sampling.prompt import FittedPrompt
from seqgen.tokenizers import BOUNDARY, Tokenizer, Writer

_MOST_SILENT_TOKENS = 1000  # tokens without a character after which a text ends


@final
class TextStream:
    """Several texts made side by side, `length` characters each after the prompt.

    Iterating yields (number of the text, the characters it grew by). Only whole characters come out; a
    byte sequence that is not UTF-8 shows as U+FFFD and is counted in `n_invalid`. The boundary is drawn
    only by models that learned from separate documents.
    """

    def __init__(
        self, model: SavedModel, prompt: FittedPrompt, config: SamplingConfig, *, length: int, count: int = 1
    ) -> None:
        self._stepper = build_stepper(model.record.model, model.weights, n_streams=count)
        self._banned = () if model.record.corpus["documents"] else (BOUNDARY,)
        self._prompt = prompt
        self._config = config
        self._texts = [_GrowingText(model.tokenizer, prompt, length) for _ in range(count)]

    @property
    def n_invalid(self) -> int:
        """Byte sequences so far, over all texts, that were not UTF-8."""
        return sum(text.writer.n_invalid for text in self._texts)

    @property
    def n_unfinished(self) -> int:
        """Texts that ended short, because the model went on without a character."""
        return sum(text.is_silent for text in self._texts)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        tokens = generate(
            self._stepper, self._prompt.ids, self._config, n_streams=len(self._texts), banned=self._banned
        )
        while not all(text.is_done for text in self._texts):
            for number, (text, token) in enumerate(zip(self._texts, next(tokens).tolist(), strict=True)):
                piece = "" if text.is_done else text.take(token)
                if piece:
                    yield number, piece


class _GrowingText:
    """One text: how much of it is still to come, and the bytes of its last character so far."""

    def __init__(self, tokenizer: Tokenizer, prompt: FittedPrompt, length: int) -> None:
        self.writer = Writer(tokenizer)
        for token in prompt.ids:
            self.writer.write(token)
        self._n_left = length
        self._n_silent = 0

    @property
    def is_done(self) -> bool:
        return self._n_left <= 0 or self.is_silent

    @property
    def is_silent(self) -> bool:
        return self._n_silent >= _MOST_SILENT_TOKENS

    def take(self, token: int) -> str:
        """Decode one more token; returns the whole characters that it completes, cut at the length."""
        piece = self.writer.write(token)[: self._n_left]
        self._n_left -= len(piece)
        self._n_silent = 0 if piece else self._n_silent + 1
        return piece
