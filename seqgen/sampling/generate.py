"""Ids from a stepper: read a prompt, then draw one token a stream, again and again."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from seqgen.config import SamplingConfig
from seqgen.inference import OneThread, Stepper
from seqgen.sampling.filters import Counts, Logits, apply_filters, draw, softmax
from seqgen.sampling.rule import Rule
from seqgen.tokenizers import BOUNDARY

STUCK = -1
"""Stands in the place of a token where a text's rules leave none."""


class Drawn(NamedTuple):
    """One token a stream, and what the model thought of all of them."""

    ids: NDArray[np.int64]
    """(B,); `STUCK` where nothing was left to draw."""
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
    rules: Sequence[list[Rule]],
    may_end: bool = False,
) -> Iterator[Drawn]:
    """Yield the next token of every stream without end; all streams begin with the same prompt.

    The prompt follows the boundary id, which is drawn only if a text `may_end`. Each stream has a list of rules, which
    may be emptied between draws, and a random state of its own, made of the seed and the stream's number. NumPy's
    linear algebra is held to one thread at every step: the same seed gives the same ids however many there are.

    Raises:
        RunError: the model has diverged.
    """
    n_streams = len(rules)
    rngs = [np.random.default_rng([config.seed, number]) for number in range(n_streams)]
    one_thread = OneThread()
    with one_thread:
        logits = stepper.read((BOUNDARY, *prompt), n_streams)
    recent = _Recent(n_streams, logits.shape[1], config.penalty_window) if config.has_penalty else None
    for token in prompt:
        if recent is not None:
            recent.take(np.full(n_streams, token))
        for rule in itertools.chain.from_iterable(rules):
            rule.read(token)
    while True:
        allowed = _allow(logits, rules, may_end)
        counts = recent.counts if recent else None
        drawn = Drawn(_draw(allowed, config, counts, rngs, rules), logits)
        ids = np.maximum(drawn.ids, BOUNDARY)  # a stream that is stuck goes on unseen
        if recent is not None:
            recent.take(ids)
        for own, token in zip(rules, drawn.ids.tolist(), strict=True):
            for rule in own if token != STUCK else ():
                rule.take(token)
        yield drawn
        with one_thread:
            logits = stepper.step(ids)


def _allow(logits: Logits, rules: Sequence[list[Rule]], may_end: bool) -> Logits:
    """The logits as the rules of each stream change them."""
    if may_end and not any(rules):
        return logits
    allowed = logits.copy()
    if not may_end:
        allowed[:, BOUNDARY] = -np.inf
    for number, own in enumerate(rules):
        for rule in own:
            allowed[number] = rule.apply(allowed[number])
    return allowed


def _draw(
    allowed: Logits,
    config: SamplingConfig,
    counts: Counts | None,
    rngs: Sequence[np.random.Generator],
    rules: Sequence[list[Rule]],
) -> NDArray[np.int64]:
    """A token for every stream, drawn again among the others for as long as one of its rules rejects it."""
    uniforms = np.array([rng.random() for rng in rngs])
    if not any(rules):
        return draw(apply_filters(allowed, config, counts), config.temperature, uniforms)
    is_stuck = allowed.max(axis=1) == -np.inf
    possible = np.where(is_stuck[:, None], 0.0, allowed)
    ids = draw(apply_filters(possible, config, counts), config.temperature, uniforms)
    ids[is_stuck] = STUCK
    for number, own in enumerate(rules):
        row = allowed[number : number + 1]
        while ids[number] != STUCK and any(rule.rejects(int(ids[number])) for rule in own):
            row[0, ids[number]] = -np.inf
            if row.max() == -np.inf:
                ids[number] = STUCK
                break
            filtered = apply_filters(row, config, None if counts is None else counts[number : number + 1])
            ids[number] = draw(filtered, config.temperature, np.array([rngs[number].random()]))[0]
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
