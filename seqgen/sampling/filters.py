"""Which tokens may be drawn: pure functions on the logits of one stream.

The order is fixed: banned tokens, top-k, top-p, temperature, draw. Top-p reads the model's own
probabilities, so that raising the temperature does not let nonsense back in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.errors import RunError

Logits = NDArray[Any]
"""(V,) floats; a token that may not be drawn has -inf."""


def ban(logits: Logits, tokens: Sequence[int]) -> Logits:
    """Without these tokens."""
    kept = logits.copy()
    kept[list(tokens)] = -np.inf
    return kept


def keep_top_k(logits: Logits, k: int) -> Logits:
    """The k likeliest tokens, exactly k also where some tie: the lowest ids win (Fan et al. 2018)."""
    if k >= len(logits):
        return logits
    lowest = np.partition(logits, -k)[-k]
    keep = logits > lowest
    keep[np.flatnonzero(logits == lowest)[: k - np.count_nonzero(keep)]] = True
    return np.where(keep, logits, -np.inf)


def keep_top_p(logits: Logits, p: float) -> Logits:
    """The fewest tokens, likeliest first, that have probability p together (Holtzman et al. 2020)."""
    order = np.argsort(-logits, kind="stable")
    before = np.cumsum(softmax(logits[order])) - softmax(logits[order])
    kept = np.full_like(logits, -np.inf)
    chosen = order[before < p]
    kept[chosen] = logits[chosen]
    return kept


def softmax(logits: Logits) -> NDArray[np.float64]:
    """Probabilities of the tokens, in float64."""
    shifted = logits.astype(np.float64) - logits.max()
    exponentials = np.exp(shifted)
    probabilities: NDArray[np.float64] = exponentials / exponentials.sum()
    return probabilities


def draw(logits: Logits, temperature: float, rng: np.random.Generator) -> int:
    """A token drawn from the softmax of logits / temperature; the likeliest, lowest id first, at 0.

    Raises:
        RunError: the logits are no numbers.
    """
    if not np.isfinite(logits.max()):
        raise RunError("the model gives no probabilities: its training has diverged; train it again with a lower --lr")
    if temperature == 0:
        return int(logits.argmax())
    shifted = logits.astype(np.float64) - logits.max()  # first, so that a tiny temperature divides no large number
    with np.errstate(over="ignore"):  # to -inf, which is right
        total = np.cumsum(softmax(shifted / temperature))
    return int(np.searchsorted(total, rng.random() * total[-1], side="right"))
