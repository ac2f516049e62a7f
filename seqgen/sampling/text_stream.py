"""Several texts from a saved model, yielded piece by piece while they are written.

`generated_text.py` returns the same texts when they have ended.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Generator, Iterator
from typing import NamedTuple, final

from seqgen.config import SamplingConfig, SamplingRequest
from seqgen.errors import ConfigError
from seqgen.run import SavedModel
from seqgen.sampling.backward import BackwardText
from seqgen.sampling.candidates import STUCK, Candidates
from seqgen.sampling.constraints.base import is_complete
from seqgen.sampling.constraints.constraint_set import ConstraintSet, copies
from seqgen.sampling.direction import require_forward
from seqgen.sampling.generate import generate
from seqgen.sampling.growing_text import Ending, GrowingText
from seqgen.sampling.parallel import MOST_AT_ONCE, side_by_side
from seqgen.sampling.prefill import Prefill, prefill
from seqgen.sampling.prompt import FittedPrompt, fit_config
from seqgen.sampling.room import MOST_STREAMS, require_room_for_request

_MAX_TEXTS_PER_THREAD = MOST_STREAMS // MOST_AT_ONCE


class TextPiece(NamedTuple):
    """What one text grew by.

    >>> pieces = [TextPiece(0, "Mi", 4.0), TextPiece(0, "na", 2.5)]
    >>> "".join(piece.text for piece in pieces), sum(piece.nats for piece in pieces)
    ('Mina', 6.5)
    """

    number: int
    """Number of the text, from 0."""
    text: str
    nats: float
    """How surprising the model found the token. NaN if the stream is not `scored`."""


@final
class TextStream:
    """The `request.n_texts` texts of a request, new or not. Iterate over it once, to write them.

    Iterating yields pieces of whole characters. A byte sequence that is not UTF-8 shows as U+FFFD and is counted in
    `n_invalid`. Characters that may begin a stop string wait until it is certain that they do not. A `scored` stream
    yields a piece for every token, also for those without characters, with the token's nats.

    The end-of-text token is sampled only if the model learned from separate documents. A text may contain several
    documents, unless the configuration says `until_end_of_text`.

    A model that reads backward writes what stands before the prompt. Such a text comes in one piece, when it has ended.

    Many texts are written in groups, one thread each. A GPU writes all of them together.

    >>> from seqgen.config import SamplingConfig, SamplingRequest
    >>> from seqgen.run import open_model
    >>> from seqgen.sampling import TextStream, fit_prompt
    >>> model = open_model("checkpoints/story")
    >>> prompt = fit_prompt("The cat", model.tokenizer)
    >>> stream = TextStream(model, prompt, config=SamplingConfig(seed=7), request=SamplingRequest(length=20))
    >>> len("".join(piece.text for piece in stream))
    20
    >>> stream.endings
    ['length']

    Raises:
        ConfigError: `until_end_of_text` for a model without documents; a `match` that is not valid, or that no text of
            the requested length can match. While iterating: this machine does not have the device.
        CorpusError: `no_copy` or `words` needs the training text, and it is not found.
        RunError: while iterating: the model has diverged, or its constraints leave not even a first token.
    """

    def __init__(
        self,
        model: SavedModel,
        prompt: FittedPrompt,
        *,
        config: SamplingConfig,
        request: SamplingRequest,
        scored: bool = False,
    ) -> None:
        if config.until_end_of_text and not model.has_documents:
            raise ConfigError(
                "the model was trained on one text: --until-end-of-text needs a model trained with --documents"
            )
        config = fit_config(config, model)
        require_room_for_request(model, request)
        self._model = model
        self._prompt = prompt
        self._config = config
        self._device = request.device
        self._first = request.first
        self._scored = scored
        self._constraints = ConstraintSet(model, config).after(prompt.ids, length=request.length)
        complete = is_complete(self._constraints)
        backward = model.record.corpus.backward
        if request.length is None and not config.until_end_of_text:
            require_forward(model, "--follow")
        self._texts: list[GrowingText | BackwardText] = [
            BackwardText(prompt, model.tokenizer, config=config, length=request.length)
            if backward
            else GrowingText(prompt.detokenizer.fork(), config, length=request.length, is_complete=complete)
            for _ in range(request.n_texts)
        ]

    @property
    def n_invalid(self) -> int:
        """How many byte sequences so far, over all texts, were not UTF-8."""
        return sum(text.n_invalid for text in self._texts)

    @property
    def endings(self) -> list[Ending | None]:
        """Why each text ended; None while it continues."""
        return [text.ending for text in self._texts]

    def __iter__(self) -> Iterator[TextPiece]:
        prompt, hold = self._prompt, self._config.hold
        prefilled = prefill(self._model, prompt.ids, source=prompt.source_ids, device=self._device, hold=hold)
        n_groups = 1 if prefilled.on_gpu else max(1, math.ceil(len(self._texts) / _MAX_TEXTS_PER_THREAD))
        bounds = [len(self._texts) * group // n_groups for group in range(n_groups + 1)]
        return side_by_side([self._write(prefilled, range(*ends)) for ends in itertools.pairwise(bounds)])

    def _write(self, prefilled: Prefill, numbers: range) -> Generator[TextPiece]:
        """Write the texts with these numbers, each to its end."""
        texts = [self._texts[number] for number in numbers]
        candidates = Candidates(
            prefilled,
            self._config,
            constraints=[copies(self._constraints) for _ in texts],
            may_end=self._model.has_documents,
        )
        tokens = generate(prefilled, candidates, first=self._first + numbers.start)
        while not all(text.ending for text in texts):
            sampled = next(tokens)
            nats = sampled.nats().tolist() if self._scored else [math.nan] * len(texts)
            for row, (text, token) in enumerate(zip(texts, sampled.ids.tolist(), strict=True)):
                if text.ending:
                    continue
                new = text.take(token, is_complete=candidates.is_complete(row))
                if new or self._scored:
                    yield TextPiece(numbers[row], new, 0.0 if token == STUCK else nats[row])
                if text.ending:
                    candidates.release(row)
