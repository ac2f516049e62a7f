"""GeneratedText from a saved model, as it is made."""

from __future__ import annotations

import itertools
import math
from collections.abc import Generator, Iterator, Sequence
from typing import Literal, NamedTuple, final

from seqgen.config import Device, SamplingConfig
from seqgen.errors import ConfigError, RunError
from seqgen.inference import Stepper, build_stepper
from seqgen.run import SavedModel
from seqgen.sampling.constraints.base import Constraint
from seqgen.sampling.constraints.build import constraint_factory
from seqgen.sampling.generate import STUCK, Prefill, generate, prefill
from seqgen.sampling.parallel import side_by_side
from seqgen.sampling.prompt import FittedPrompt
from seqgen.tokenizers import END_OF_TEXT, Detokenizer

Ending = Literal["length", "stop", "end-of-text", "match", "stuck", "silence"]
"""Why a text is over: long enough, a stop string, the end of the document, an expression matched that nothing can go
on, constraints that leave no token, or a model that draws nothing but ends of documents."""

_GROUP = 32  # texts, at most, that one thread makes together
_MOST_SILENT_TOKENS = 1000  # tokens without a character after which a text ends


class TextPiece(NamedTuple):
    """What one of several texts grew by."""

    number: int
    """Of the text."""
    text: str
    nats: float
    """How surprising the model found the token; NaN if the stream is not `scored`, which also yields empty texts."""


@final
class TextStream:
    """Several texts made side by side, `length` characters each after the prompt, or fewer where they end before.

    Iterating, which may be done once, yields pieces of whole characters; a byte sequence that is not UTF-8 shows as
    U+FFFD and is counted in `n_invalid`. A piece that could be the beginning of a stop string waits until it is not;
    the text ends before the stop string that is complete first. The end-of-text token is drawn only by models that learned from
    separate documents. Without a `length`, texts go on as long as one asks.
    Many texts are made in groups, each in a thread; on a GPU, all together.

    Raises:
        ConfigError: `until_end_of_text`, of a model that knows no documents; a `match` that cannot be; while iterating:
            this machine does not have the `device`.
        CorpusError: `no_copy`, and the training text is not found.
        RunError: while iterating: the model has diverged, or its constraints leave no way to begin.
    """

    def __init__(
        self,
        model: SavedModel,
        prompt: FittedPrompt,
        config: SamplingConfig,
        *,
        length: int | None,
        count: int = 1,
        scored: bool = False,
        device: Device = "cpu",
    ) -> None:
        self._may_end = model.has_documents
        if config.until_end_of_text and not self._may_end:
            raise ConfigError("the model learned one text without ends: --until-end-of-text needs one of --documents")
        self._model = model
        self._prompt = prompt
        self._config = config
        self._scored = scored
        self._device = device
        make_constraints = constraint_factory(model, prompt.ids, config, length)
        detokenizer = Detokenizer(model.tokenizer)
        for token in prompt.ids:
            detokenizer.write(token)
        self._texts = [_GrowingText(detokenizer.fork(), config, length, make_constraints()) for _ in range(count)]

    @property
    def n_invalid(self) -> int:
        """Byte sequences so far, over all texts, that were not UTF-8."""
        return sum(text.detokenizer.n_invalid for text in self._texts)

    @property
    def endings(self) -> list[Ending | None]:
        """How each text ended; None while it goes on."""
        return [text.ending for text in self._texts]

    def __iter__(self) -> Iterator[TextPiece]:
        gpu = self._gpu_stepper()
        prefilled = prefill(
            gpu or build_stepper(self._model.record.model, self._model.weights, n_streams=1), self._prompt.ids
        )
        n_groups = 1 if gpu else math.ceil(len(self._texts) / _GROUP)
        cuts = [len(self._texts) * number // max(1, n_groups) for number in range(n_groups + 1)]
        return side_by_side([self._grow(prefilled, range(*ends)) for ends in itertools.pairwise(cuts)])

    def _gpu_stepper(self) -> Stepper | None:
        if self._device == "cpu":
            return None
        from seqgen.stepping import gpu_stepper  # torch, which takes its time to import

        return gpu_stepper(self._model, self._device)

    def _grow(self, prefilled: Prefill, numbers: range) -> Generator[TextPiece]:
        """The pieces of some of the texts."""
        texts = [self._texts[number] for number in numbers]
        constraints = [text.constraints for text in texts]
        tokens = generate(prefilled, self._config, constraints=constraints, may_end=self._may_end, first=numbers.start)
        while not all(text.ending for text in texts):
            sampled = next(tokens)
            nats = sampled.nats().tolist() if self._scored else [math.nan] * len(texts)
            for number, text, token, cost in zip(numbers, texts, sampled.ids.tolist(), nats, strict=True):
                if not text.ending and ((grown := text.take(token)) or self._scored):
                    yield TextPiece(number, grown, 0.0 if token == STUCK else cost)
                if text.ending:
                    text.constraints.clear()


@final
class _GrowingText:
    """One text: how much of it is still to come, and what of it cannot be shown yet."""

    def __init__(
        self,
        detokenizer: Detokenizer,
        config: SamplingConfig,
        length: int | None,
        constraints: list[Constraint],
    ) -> None:
        self.constraints = constraints
        self.detokenizer = detokenizer
        self._stops = config.stop
        self._ends_at_end_of_text = config.until_end_of_text or config.match is not None
        self._n_left = length
        self._waiting = ""
        """What may be the beginning of a stop string."""
        self._n_silent = 0
        self._is_empty = True
        self.ending: Ending | None = None
        if length == 0 or any(constraint.is_complete for constraint in constraints):
            self.ending = "length" if length == 0 else "match"

    def take(self, token: int) -> str:
        """Decode one more token; returns the characters that can be shown now."""
        if token == STUCK and self._is_empty:
            raise RunError("no text can begin here: what is banned, copied or must match leaves no token to draw")
        if token == STUCK or (token == END_OF_TEXT and self._ends_at_end_of_text):
            self.ending = "stuck" if token == STUCK else "end-of-text"
            return self._waiting + self.detokenizer.finish()
        self._is_empty = False
        text = self.detokenizer.write(token)[: self._n_left]
        self._n_silent = 0 if text else self._n_silent + 1
        if self._n_left is not None:
            self._n_left -= len(text)
        if self._stops:
            text = self._waiting + text
            places = [place for place in (text.find(stop) for stop in self._stops) if place >= 0]
            if places:
                self.ending = "stop"
                return text[: min(places)]
        if self._n_left == 0:
            self.ending = "length"
        elif self._n_silent >= _MOST_SILENT_TOKENS:
            self.ending = "silence"
        elif self.constraints and any(constraint.is_complete for constraint in self.constraints):
            self.ending = "match"
        elif self._stops:
            shown = len(text) - _n_waiting(text, self._stops)
            text, self._waiting = text[:shown], text[shown:]
        return text


def _n_waiting(text: str, stops: Sequence[str]) -> int:
    """Length of the longest end of a text that is the beginning of a stop string."""
    lengths = (n for stop in stops for n in range(1, len(stop)) if text.endswith(stop[:n]))
    return max(lengths, default=0)
