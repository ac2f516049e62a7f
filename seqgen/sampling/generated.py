"""Whole texts: several in one batch, and of each the best of several by the model's own score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqgen.config import Device, SamplingConfig
from seqgen.inference import build_stepper
from seqgen.run import SavedModel
from seqgen.sampling.filters import Logits, check_logits, softmax
from seqgen.sampling.generate import prefill
from seqgen.sampling.prompt import FittedPrompt
from seqgen.sampling.stream import Ending, TextStream
from seqgen.tokenizers import END_OF_TEXT


@dataclass(frozen=True)
class GeneratedText:
    """A text that is over."""

    text: str
    """What follows the prompt."""
    ending: Ending
    nats: float
    """How surprising the model found it, all tokens together."""

    @property
    def nats_per_character(self) -> float:
        """Infinite for a text without characters, which is never the best."""
        return self.nats / len(self.text) if self.text else math.inf


def write_texts(
    model: SavedModel,
    prompt: FittedPrompt,
    config: SamplingConfig,
    *,
    length: int,
    count: int = 1,
    best_of: int = 1,
    device: Device = "cpu",
) -> list[GeneratedText]:
    """Write `count` texts, each the one of `best_of` that the model finds least surprising per character."""
    stream = TextStream(model, prompt, config, length=length, count=count * best_of, scored=True, device=device)
    texts, nats = [""] * (count * best_of), [0.0] * (count * best_of)
    for piece in stream:
        texts[piece.number] += piece.text
        nats[piece.number] += piece.nats
    whole = [
        GeneratedText(*parts)
        for parts in zip(texts, (ending or "length" for ending in stream.endings), nats, strict=True)
    ]
    groups = (whole[first : first + best_of] for first in range(0, len(whole), best_of))
    return [min(group, key=lambda text: text.nats_per_character) for group in groups]


def next_odds(model: SavedModel, prompt: FittedPrompt) -> list[tuple[str, float]]:
    """Every token as text, with its probability of coming next, the likeliest first."""
    prefilled = prefill(build_stepper(model.record.model, model.weights, n_streams=1), prompt.ids)
    check_logits(prefilled.logits)
    return rank_tokens(prefilled.logits[0], model.tokenizer.pieces(prompt.ids[-1] if prompt.ids else END_OF_TEXT))


def rank_tokens(logits: Logits, pieces: Sequence[bytes]) -> list[tuple[str, float]]:
    """The tokens of one row of logits as text, with their probabilities, the likeliest first."""
    probabilities = softmax(logits)
    order = np.argsort(-probabilities, kind="stable")
    return [(pieces[token].decode(errors="backslashreplace"), float(probabilities[token])) for token in order]
