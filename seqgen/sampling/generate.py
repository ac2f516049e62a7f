"""Ids from a stepper: read a prompt, then draw one token a stream, again and again."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from seqgen.config import SamplingConfig
from seqgen.inference import Stepper, one_thread
from seqgen.sampling.constraints.base import Constraint
from seqgen.sampling.filters import Counts, GumbelNoise, Logits, apply_filters, check_logits, sample_tokens, softmax
from seqgen.tokenizers import END_OF_TEXT

STUCK = -1
"""Stands in the place of a token where a text's constraints leave none."""


class SampledTokens(NamedTuple):
    """One token a stream, and what the model thought of all of them."""

    ids: NDArray[np.int64]
    """(B,); `STUCK` where nothing was left to draw."""
    logits: Logits
    """(B, V): the model's own, before any filter; written over when the next tokens are sampled."""

    def nats(self) -> NDArray[np.float64]:
        """How surprising the model itself found each token, (B,)."""
        nats: NDArray[np.float64] = -np.log(softmax(self.logits)[np.arange(len(self.ids)), self.ids])
        return nats


class Prefill(NamedTuple):
    """A prompt that has been read, once for all the texts that go on from it."""

    stepper: Stepper
    """Of one stream; it stays where it is."""
    logits: Logits
    """(1, V), of what follows."""
    prompt: tuple[int, ...]


def prefill(stepper: Stepper, prompt: Sequence[int]) -> Prefill:
    """Read a prompt, after the end-of-text token, on a stepper of one stream that stands at the beginning."""
    with one_thread():
        return Prefill(stepper, stepper.read((END_OF_TEXT, *prompt)).copy(), tuple(prompt))


def generate(
    prefilled: Prefill,
    config: SamplingConfig,
    *,
    constraints: Sequence[list[Constraint]],
    may_end: bool = False,
    first: int = 0,
) -> Iterator[SampledTokens]:
    """Yield the next token of every stream without end; all streams go on from the same prompt.

    The end-of-text token is drawn only if a text `may_end`. Each stream has a list of constraints, which know the prompt and may be
    emptied between draws, and a random state of its own, made of the seed and the stream's number, which count from
    `first`. NumPy's linear algebra is held to one thread until the iterator is closed: the same seed gives the same
    ids however many there are.

    Raises:
        RunError: the model has diverged.
    """
    n_streams, vocab_size = len(constraints), prefilled.logits.shape[1]
    with one_thread():
        stepper, logits = prefilled.stepper.fork(n_streams), np.repeat(prefilled.logits, n_streams, axis=0)
        noise = GumbelNoise(config.seed, range(first, first + n_streams), vocab_size)
        recent = _Recent(n_streams, vocab_size, config.penalty_window) if config.has_penalty else None
        if recent is not None:
            for token in prefilled.prompt[-config.penalty_window :]:
                recent.take(np.full(n_streams, token))
        while True:
            check_logits(logits)
            allowed = logits.copy()
            if not may_end:
                allowed[:, END_OF_TEXT] = -np.inf
            counts = recent.counts if recent else None
            if any(constraints):
                ids = _sample_constrained(allowed, config, counts, noise, constraints)
            else:
                ids = sample_tokens(apply_filters(allowed, config, counts), config.temperature, noise.next())
            read = np.maximum(ids, END_OF_TEXT) if STUCK in ids.tolist() else ids  # a stuck stream goes on unseen
            yield SampledTokens(ids, logits)
            if recent is not None:
                recent.take(read)
            logits = stepper.step(read)


def _sample_constrained(
    allowed: Logits,
    config: SamplingConfig,
    counts: Counts | None,
    noise: GumbelNoise,
    constraints: Sequence[list[Constraint]],
) -> NDArray[np.int64]:
    """A token for every stream, drawn again among the others for as long as one of its constraints rejects it."""
    rows = list(allowed)
    for row, own in zip(rows, constraints, strict=True):
        for constraint in own:
            constraint.apply(row)
    ids = sample_tokens(apply_filters(allowed, config, counts), config.temperature, noise.next())
    for number, (row, own, token) in enumerate(zip(rows, constraints, ids.tolist(), strict=True)):
        while any(constraint.rejects(token) for constraint in own):
            row[token] = -math.inf
            filtered = apply_filters(row, config, None if counts is None else counts[number])
            ids[number] = token = int(sample_tokens(filtered, config.temperature, noise.next_of(number)))
            if row[token] == -math.inf:
                break
        if row[token] == -math.inf:
            ids[number] = STUCK
            continue
        for constraint in own:
            constraint.take(token)
    return ids


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
