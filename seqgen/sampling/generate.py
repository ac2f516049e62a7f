"""Ids from a stepper: read a prompt, then draw one token a stream, again and again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from seqgen.config import SamplingConfig
from seqgen.inference import Stepper
from seqgen.sampling.filters import Logits, ban, draw, keep_top_k, keep_top_p
from seqgen.tokenizers import BOUNDARY


def generate(
    stepper: Stepper,
    prompt: Sequence[int],
    config: SamplingConfig,
    *,
    n_streams: int,
    banned: Sequence[int] = (),
) -> Iterator[NDArray[np.int64]]:
    """Yield the next token of every stream, (B,), without end; all streams begin with the same prompt.

    The prompt follows the boundary id. Each stream has a random state of its own, made of the seed and
    the stream's number. NumPy's linear algebra is held to one thread at every step, so that the same seed
    gives the same ids however many there are.
    """
    rngs = [np.random.default_rng([config.seed, number]) for number in range(n_streams)]
    blas = ThreadpoolController()
    with blas.limit(limits=1, user_api="blas"):
        for token in (BOUNDARY, *prompt):
            logits = stepper.step(np.full(n_streams, token))
    while True:
        drawn = [choose(row, config, rng, banned) for row, rng in zip(logits, rngs, strict=True)]
        ids = np.array(drawn, dtype=np.int64)
        yield ids
        with blas.limit(limits=1, user_api="blas"):
            logits = stepper.step(ids)


def choose(logits: Logits, config: SamplingConfig, rng: np.random.Generator, banned: Sequence[int] = ()) -> int:
    """One token from the logits of one stream, through the filters in their order."""
    if banned:
        logits = ban(logits, banned)
    if config.top_k is not None:
        logits = keep_top_k(logits, config.top_k)
    if config.top_p is not None:
        logits = keep_top_p(logits, config.top_p)
    return draw(logits, config.temperature, rng)
