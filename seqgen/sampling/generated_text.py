"""Texts that have ended, and the best of several by the model's own score.

`text_stream.py` yields texts while they are written.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from seqgen.config import SamplingConfig, SamplingRequest
from seqgen.run import SavedModel
from seqgen.sampling.growing_text import Ending
from seqgen.sampling.prompt import FittedPrompt
from seqgen.sampling.room import require_room_for_texts
from seqgen.sampling.text_stream import TextStream
from seqgen.waiting import waiting


@dataclass(frozen=True)
class GeneratedText:
    """A text that a model has written.

    >>> from seqgen.sampling import GeneratedText
    >>> GeneratedText("cats", "length", nats=8.0).nats_per_character
    2.0
    """

    text: str
    """Without the prompt."""
    ending: Ending
    nats: float
    """How surprising the model found the text: the sum over its tokens."""

    @property
    def nats_per_character(self) -> float:
        """Infinite for a text without characters, so that it is never the best."""
        return self.nats / len(self.text) if self.text else math.inf


def write_each(
    model: SavedModel, prompt: FittedPrompt, *, config: SamplingConfig, request: SamplingRequest
) -> list[GeneratedText]:
    """Write `request.count` texts, new or not. Each is the least surprising per character of `request.best_of`.

    Raises:
        SeqgenError: as `TextStream`.
    """
    require_room_for_texts(config, request)
    stream = TextStream(model, prompt, config=config, request=request, scored=True)
    texts, nats = [bytearray() for _ in range(request.n_texts)], [0.0] * request.n_texts
    n_characters = None if request.length is None else request.n_texts * request.length
    with waiting("writing", total=n_characters) as work:
        for piece in stream:
            texts[piece.number] += piece.text.encode()  # a StringIO would take eight times as much
            nats[piece.number] += piece.nats
            work.advance(len(piece.text))
    written = [
        GeneratedText(text.decode(), ending or "length", cost)
        for text, ending, cost in zip(texts, stream.endings, nats, strict=True)
    ]
    groups = [written[first : first + request.best_of] for first in range(0, len(written), request.best_of)]
    return [min(group, key=lambda text: text.nats_per_character) for group in groups]
