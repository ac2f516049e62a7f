"""Ids from a stepper: read a prompt, then draw one token a stream, again and again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from seqgen.config import SamplingConfig
from seqgen.inference import Stepper
from seqgen.sampling.filters import Counts, Logits, apply_filters, draw, softmax
from seqgen.sampling.phrases import PhraseBias
from seqgen.tokenizers import BOUNDARY, Tokenizer


class Drawn(NamedTuple):
    """One token a stream, and what the model thought of all of them."""

    ids: NDArray[np.int64]
    """(B,)"""
    logits: Logits
    """(B, V): the model's own, before any filter; written over when the next tokens are drawn."""

    def nats(self) -> NDArray[np.float64]:
        """How surprising the model itself found each token, (B,)."""
        nats: NDArray[np.float64] = -np.log(softmax(self.logits)[np.arange(len(self.ids)), self.ids])
        return nats


def generate(
    stepper: Stepper,
    prompt: Sequence[int],
    config: SamplingConfig,
    *,
    n_streams: int,
    tokenizer: Tokenizer,
    may_end: bool = False,
) -> Iterator[Drawn]:
    """Yield the next token of every stream without end; all streams begin with the same prompt.

    The prompt follows the boundary id, which is drawn only if a text `may_end`. Each stream has a random state of its
    own, made of the seed and the stream's number. NumPy's linear algebra is held to one thread at every step, so that
    the same seed gives the same ids however many there are.

    Raises:
        RunError: the model has diverged, or what is banned leaves no token to draw.
    """
    rngs = [np.random.default_rng([config.seed, number]) for number in range(n_streams)]
    values = {**config.bias, **dict.fromkeys(config.ban, -np.inf)}
    phrases = [PhraseBias(tokenizer, values) for _ in range(n_streams if values else 0)]
    recent = _Recent(n_streams, tokenizer.vocab_size, config.penalty_window) if config.has_penalty else None
    blas = ThreadpoolController()
    with blas.limit(limits=1, user_api="blas"):
        for token in (BOUNDARY, *prompt):
            logits = stepper.step(np.full(n_streams, token))
    for phrase_bias in phrases:
        phrase_bias.take(prompt)
    if recent is not None:
        for token in prompt:
            recent.take(np.full(n_streams, token))
    while True:
        allowed = logits
        if not may_end:
            allowed = logits.copy()
            allowed[:, BOUNDARY] = -np.inf
        if phrases:
            allowed = np.stack([own.apply(row) for own, row in zip(phrases, allowed, strict=True)])
        allowed = apply_filters(allowed, config, recent.counts if recent else None)
        ids = draw(allowed, config.temperature, np.array([rng.random() for rng in rngs]))
        yield Drawn(ids, logits)
        for phrase_bias, token in zip(phrases, ids.tolist(), strict=False):
            phrase_bias.take([token])
        if recent is not None:
            recent.take(ids)
        with blas.limit(limits=1, user_api="blas"):
            logits = stepper.step(ids)


@final
class _Recent:
    """How often each token stands among the latest of every stream."""

    def __init__(self, n_streams: int, vocab_size: int, window: int) -> None:
        self.counts: Counts = np.zeros((n_streams, vocab_size), dtype=np.int64)
        self._latest: deque[NDArray[np.int64]] = deque()
        self._window = window

    def take(self, ids: NDArray[np.int64]) -> None:
        streams = np.arange(len(ids))
        self.counts[streams, ids] += 1
        self._latest.append(ids)
        if len(self._latest) > self._window:
            self.counts[streams, self._latest.popleft()] -= 1
