"""Which tokens may be drawn, and how likely: pure functions on logits, (..., V), row by row.

They apply in the order in which they stand here, after ban, bias and match (`constraints.py`): penalties, top-k, top-p,
min-p, typical, temperature, draw. Top-p, min-p and typical read the model's own probabilities, so that raising the
temperature does not let nonsense back in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqgen.config import SamplingConfig
from seqgen.errors import RunError

Logits = NDArray[Any]
"""(..., V) floats; a token that may not be drawn has -inf."""
Counts = NDArray[np.int64]
"""(..., V): how often each token stands in the latest part of a text."""

_N_AHEAD = 4096  # random numbers a stream that are made together: few large calls are faster than many small ones


def apply_filters(logits: Logits, config: SamplingConfig, counts: Counts | None = None) -> Logits:
    """Every filter that is set, in its order; temperature and draw are `draw`'s. `counts` is for the penalties."""
    if counts is not None:
        logits = penalise_repetition(logits, counts, config.repetition_penalty)
        logits = penalise_counts(logits, counts, presence=config.presence_penalty, frequency=config.frequency_penalty)
    if config.top_k is not None:
        logits = keep_top_k(logits, config.top_k)
    if config.top_p is not None:
        logits = keep_top_p(logits, config.top_p)
    if config.min_p is not None:
        logits = keep_min_p(logits, config.min_p)
    if config.typical is not None:
        logits = keep_typical(logits, config.typical)
    return logits


def penalise_repetition(logits: Logits, counts: Counts, penalty: float) -> Logits:
    """Logits of tokens that have occurred, divided by the penalty where positive, times it where not.

    Keskar et al. (2019), with the sign taken care of as has become usual.
    """
    return np.where(counts > 0, np.where(logits > 0, logits / penalty, logits * penalty), logits)


def penalise_counts(logits: Logits, counts: Counts, *, presence: float, frequency: float) -> Logits:
    """Less a presence penalty for each token that has occurred, and a frequency penalty for each time it has.

    As OpenAI's interface defines them (2020); negative ones encourage.
    """
    penalised: Logits = logits - presence * (counts > 0) - frequency * counts
    return penalised


def keep_top_k(logits: Logits, k: int) -> Logits:
    """The k likeliest tokens, exactly k also where some tie: the lowest ids win (Fan et al. 2018)."""
    if k >= logits.shape[-1]:
        return logits
    lowest = np.partition(logits, -k, axis=-1)[..., -k, None]
    return _keep_best(logits, lowest, np.full_like(lowest, k))


def keep_top_p(logits: Logits, p: float) -> Logits:
    """The fewest tokens, likeliest first, that have probability p together (Holtzman et al. 2020).

    Where some tie the lowest ids win.
    """
    falling = -np.sort(-logits, axis=-1)
    with np.errstate(invalid="ignore"):  # a row without a token to draw stays as it is
        shares = np.exp(falling - falling[..., :1], dtype=np.float64)
    totals = shares.cumsum(axis=-1)
    is_kept = totals - shares < p * totals[..., -1:]
    lowest = np.where(is_kept, falling, np.inf).min(axis=-1, keepdims=True)
    return _keep_best(logits, lowest, is_kept.sum(axis=-1, keepdims=True))


def keep_min_p(logits: Logits, share: float) -> Logits:
    """Tokens at least a share as likely as the likeliest (Nguyen et al. 2024)."""
    return np.where(logits >= logits.max(axis=-1, keepdims=True) + np.log(share), logits, -np.inf)


def keep_typical(logits: Logits, p: float) -> Logits:
    """The fewest tokens that have probability p together, those first whose surprise is nearest to the entropy.

    Locally typical sampling (Meister et al. 2023).
    """
    probabilities = softmax(logits)
    is_possible = probabilities > 0
    surprise = -np.log(np.where(is_possible, probabilities, 1.0))
    entropy = (probabilities * surprise).sum(axis=-1, keepdims=True)
    distance = np.where(is_possible, np.abs(surprise - entropy), np.inf)
    order = np.argsort(distance, axis=-1, kind="stable")
    ranked = np.take_along_axis(probabilities, order, axis=-1)
    is_kept = np.zeros(logits.shape, dtype=bool)
    np.put_along_axis(is_kept, order, ranked.cumsum(axis=-1) - ranked < p, axis=-1)
    return np.where(is_kept, logits, -np.inf)


def _keep_best(logits: Logits, lowest: Logits, n_kept: NDArray[Any]) -> Logits:
    """The likeliest tokens down to the lowest, (..., 1); of those that tie with it the first, up to so many."""
    is_kept = logits >= lowest
    if np.count_nonzero(is_kept) > n_kept.sum():
        above, ties = logits > lowest, logits == lowest
        is_kept = above | (ties & (ties.cumsum(axis=-1) <= n_kept - above.sum(axis=-1, keepdims=True)))
    return np.where(is_kept, logits, -np.inf)


def softmax(logits: Logits) -> NDArray[np.float64]:
    """Probabilities of the tokens, in float64; NaN in a row without a token to draw."""
    with np.errstate(invalid="ignore"):
        exponentials = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
        probabilities: NDArray[np.float64] = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return probabilities


def sample_tokens(logits: Logits, temperature: float, noise: NDArray[np.float64]) -> NDArray[np.int64]:
    """A token for each row, drawn from the softmax of logits / temperature; at temperature 0 the likeliest, lowest id.

    With independent standard Gumbel `noise`, (..., V), at a scale of the temperature, the largest sum is at each token
    with just its probability (the Gumbel-max trick, Maddison et al. 2014): no softmax is calculated. A row must have a
    token to draw.
    """
    scores = logits if temperature == 0 else temperature * noise + logits
    ids: NDArray[np.int64] = scores.argmax(axis=-1)
    return ids


def check_logits(logits: Logits) -> None:
    """Refuse a model's logits that are no numbers, or beyond 1e18.

    Raises:
        RunError: the model has diverged.
    """
    if not math.isfinite(np.vdot(logits, logits)):
        raise RunError("the model gives no probabilities: its training has diverged; train it again with a lower --lr")


@final
class GumbelNoise:
    """Standard Gumbel variates for every stream from a generator of its own, made of a seed and the stream's number."""

    def __init__(self, seed: int, numbers: Iterable[int], vocab_size: int) -> None:
        self._rngs = [np.random.default_rng([seed, number]) for number in numbers]
        n_ahead = max(1, _N_AHEAD // vocab_size)
        self._ahead = np.empty((len(self._rngs), n_ahead, vocab_size))
        self._n_taken = n_ahead

    def next(self) -> NDArray[np.float64]:
        """New ones for all streams, (B, V): a view that is written over later."""
        if self._n_taken == self._ahead.shape[1]:
            for rng, block in zip(self._rngs, self._ahead, strict=True):
                _fill(block, rng)
            self._n_taken = 0
        self._n_taken += 1
        return self._ahead[:, self._n_taken - 1]

    def next_of(self, stream: int) -> NDArray[np.float64]:
        """New ones for one stream alone, (V,)."""
        noise = np.empty(self._ahead.shape[2])
        _fill(noise, self._rngs[stream])
        return noise


def _fill(block: NDArray[np.float64], rng: np.random.Generator) -> None:
    """Fill with minus the logarithms of standard exponentials."""
    rng.standard_exponential(out=block)
    block += 1e-300  # an exponential of 0, which is as good as impossible, has a logarithm too
    np.log(block, out=block)
    np.negative(block, out=block)
