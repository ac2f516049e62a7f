"""The tokens of streams that need nothing of their own but filters, a temperature and noise: all chosen in one go."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from seqgen.config import SamplingConfig
from seqgen.sampling.filters import Logits, apply_filters, surprise_nats
from seqgen.sampling.noise import LARGEST_TEMPERATURE
from seqgen.server.engine.stream import Stream
from seqgen.tokenizers import END_OF_TEXT


def take_together(streams: Sequence[Stream], logits: Logits, *, may_end: bool) -> None:
    """Let some streams that are free take the tokens that each would choose by itself, from their logits, (B, V).

    Without constraints and penalties, a choice is arithmetic by rows, and many rows at once are several times as fast
    as one by one.
    """
    tokens = _choose(streams, logits, may_end=may_end)
    logprobs = [math.nan] * len(streams)
    scored = [row for row, stream in enumerate(streams) if stream.is_scored]
    if scored:
        nats = surprise_nats(logits[scored])[np.arange(len(scored)), tokens[scored]]
        for row, of_token in zip(scored, nats.tolist(), strict=True):
            logprobs[row] = -of_token
    for row, (stream, token, logprob) in enumerate(zip(streams, tokens.tolist(), logprobs, strict=True)):
        stream.take_chosen(token, logits=logits[row : row + 1], logprob=logprob)


def _choose(streams: Sequence[Stream], logits: Logits, *, may_end: bool) -> NDArray[np.int64]:
    """The tokens, (B,)."""
    allowed = logits.copy()
    if not may_end:
        allowed[:, END_OF_TEXT] = -np.inf
    for config, rows in _alike(streams):
        allowed[rows] = apply_filters(allowed[rows], config)
    temperatures = np.array([[stream.config.temperature] for stream in streams])
    scores = np.minimum(temperatures, LARGEST_TEMPERATURE) * np.concatenate([each.noise.next() for each in streams])
    scores += allowed
    tokens: NDArray[np.int64] = scores.argmax(axis=1)
    return tokens


def _alike(streams: Sequence[Stream]) -> list[tuple[SamplingConfig, list[int]]]:
    """The rows of streams with the same filters; those without any are left out."""
    groups: defaultdict[Hashable, list[int]] = defaultdict(list)
    for row, stream in enumerate(streams):
        if stream.filters is not None:
            groups[stream.filters].append(row)
    return [(streams[rows[0]].config, rows) for rows in groups.values()]
