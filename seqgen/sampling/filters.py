"""Filters: pure functions that take the logits of a batch and return new ones, each row by itself.

Some make tokens less likely (the penalties), others remove tokens: a removed token has the logit -inf. Filters look
only at the logits and at how often each token occurred; constraints (`constraints/`) follow the text itself.
`SamplingConfig` states the order in which all of them apply.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.config import SamplingConfig
from seqgen.errors import RunError

Logits = NDArray[Any]
"""(..., V) floats, the last axis over the vocabulary; -inf for a removed token."""
Counts = NDArray[np.int64]
"""(..., V): how often each token occurs in the latest part of a text."""

_LARGEST_PENALTY = 1e18
"""Larger penalties are treated as this one. `check_logits` refuses logits beyond 1e18, and a logit of 1e18 times a
penalty of 1e18 is still a finite float32, so no penalty can overflow."""


def apply_filters(logits: Logits, config: SamplingConfig, *, counts: Counts | None = None) -> Logits:
    """Apply every filter that is set, in the order of `SamplingConfig`. `counts` are what the penalties need.

    >>> import numpy as np
    >>> from seqgen.config import SamplingConfig
    >>> from seqgen.sampling.filters import apply_filters
    >>> apply_filters(np.array([3.0, 2.0, 1.0, 0.0]), SamplingConfig(top_k=3, top_p=0.7))
    array([  3.,   2., -inf, -inf])
    """
    if counts is not None:
        logits = penalise_repetition(logits, counts, penalty=config.repetition_penalty)
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


def penalise_repetition(logits: Logits, counts: Counts, *, penalty: float) -> Logits:
    """Divide the positive logits of tokens that occurred by a penalty, and multiply the negative ones by it.

    Keskar et al. (2019) divide all logits, which makes tokens with a negative logit more likely. Multiplying those
    instead is the usual correction.

    >>> import numpy as np
    >>> from seqgen.sampling.filters import penalise_repetition
    >>> penalise_repetition(np.array([2.0, -2.0, 2.0]), np.array([1, 3, 0]), penalty=2.0)
    array([ 1., -4.,  2.])
    """
    penalty = min(max(penalty, 1 / _LARGEST_PENALTY), _LARGEST_PENALTY)
    return np.where(counts > 0, np.where(logits > 0, logits / penalty, logits * penalty), logits)


def penalise_counts(logits: Logits, counts: Counts, *, presence: float, frequency: float) -> Logits:
    """Subtract a presence penalty from each token that occurred, and a frequency penalty for each time it did.

    The definition is that of OpenAI's interface (2020). Negative penalties make these tokens more likely.

    >>> import numpy as np
    >>> from seqgen.sampling.filters import penalise_counts
    >>> penalise_counts(np.zeros(3), np.array([0, 1, 4]), presence=0.5, frequency=0.25)
    array([ 0.  , -0.75, -1.5 ])
    """
    presence, frequency = (min(max(penalty, -_LARGEST_PENALTY), _LARGEST_PENALTY) for penalty in (presence, frequency))
    penalised: Logits = logits - presence * (counts > 0) - frequency * counts
    return penalised


def keep_top_k(logits: Logits, k: int) -> Logits:
    """Keep the k likeliest tokens (Fan et al. 2018). If some tie, those with the lowest ids are kept: exactly k remain.

    >>> import numpy as np
    >>> from seqgen.sampling.filters import keep_top_k
    >>> keep_top_k(np.array([1.0, 3.0, 3.0, 3.0]), 2)
    array([-inf,   3.,   3., -inf])
    """
    if k >= logits.shape[-1]:
        return logits
    threshold = np.partition(logits, -k, axis=-1)[..., -k, None]
    return _keep_best(logits, threshold, n_kept=np.full_like(threshold, k))


def keep_top_p(logits: Logits, p: float) -> Logits:
    """Keep the fewest tokens, likeliest first, that together have probability p (Holtzman et al. 2020).

    If some tie, those with the lowest ids are kept.

    >>> import numpy as np
    >>> from seqgen.sampling.filters import keep_top_p
    >>> keep_top_p(np.log([0.1, 0.6, 0.3]), 0.8).round(1)
    array([-inf, -0.5, -1.2])
    """
    falling = -np.sort(-logits, axis=-1)
    with np.errstate(invalid="ignore"):  # if a row has no token left, -inf - -inf is NaN, and the row stays as it is
        shares = np.exp(falling - falling[..., :1], dtype=np.float64)
    totals = shares.cumsum(axis=-1)
    is_kept = totals - shares < p * totals[..., -1:]
    threshold = np.where(is_kept, falling, np.inf).min(axis=-1, keepdims=True)
    return _keep_best(logits, threshold, n_kept=is_kept.sum(axis=-1, keepdims=True))


def keep_min_p(logits: Logits, share: float) -> Logits:
    """Keep the tokens that are at least this fraction as likely as the likeliest one (Nguyen et al. 2024).

    >>> import numpy as np
    >>> from seqgen.sampling.filters import keep_min_p
    >>> keep_min_p(np.log([0.6, 0.3, 0.1]), 0.4).round(1)
    array([-0.5, -1.2, -inf])
    """
    return np.where(logits >= logits.max(axis=-1, keepdims=True) + np.log(share), logits, -np.inf)


def keep_typical(logits: Logits, p: float) -> Logits:
    """Keep the fewest tokens of most typical surprise that together have probability p (Meister et al. 2023).

    A token's surprise is typical if it is near the entropy, which is the surprise that the model expects. So the
    likeliest token may be removed.

    >>> import numpy as np
    >>> from seqgen.sampling.filters import keep_typical
    >>> keep_typical(np.log([0.4, 0.2, 0.2, 0.2]), 0.5).round(1)
    array([-inf, -1.6, -1.6, -1.6])
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


def _keep_best(logits: Logits, threshold: Logits, *, n_kept: NDArray[Any]) -> Logits:
    """Keep the tokens above a threshold, (..., 1), and of those equal to it the first ones, `n_kept` in all."""
    is_kept = logits >= threshold
    if np.count_nonzero(is_kept) > n_kept.sum():
        above, ties = logits > threshold, logits == threshold
        is_kept = above | (ties & (ties.cumsum(axis=-1) <= n_kept - above.sum(axis=-1, keepdims=True)))
    return np.where(is_kept, logits, -np.inf)


def softmax(logits: Logits) -> NDArray[np.float64]:
    """The probabilities of the tokens, in float64. A row in which every token is removed gives NaN.

    >>> import numpy as np
    >>> from seqgen.sampling.filters import softmax
    >>> softmax(np.array([0.0, 0.0, -np.inf]))
    array([0.5, 0.5, 0. ])
    """
    with np.errstate(invalid="ignore"):
        exponentials = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
        probabilities: NDArray[np.float64] = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return probabilities


def surprise_nats(logits: Logits) -> NDArray[np.float64]:
    """How surprising each token would be: minus the logarithm of its probability, infinite where that rounds to 0.

    >>> import numpy as np
    >>> from seqgen.sampling.filters import surprise_nats
    >>> surprise_nats(np.log([0.5, 0.25, 0.25])).round(3)
    array([0.693, 1.386, 1.386])
    """
    with np.errstate(divide="ignore"):
        return -np.log(softmax(logits))


def are_sound(logits: Logits) -> bool:
    """Whether no logit is NaN or infinite, or so large (beyond 1e18) that its square overflows.

    >>> import numpy as np
    >>> are_sound(np.array([1.0, -2.0])), are_sound(np.array([1.0, np.nan]))
    (True, False)
    """
    return math.isfinite(np.vdot(logits, logits))


def check_logits(logits: Logits) -> None:
    """Refuse logits that are not sound.

    Raises:
        RunError: the model has diverged in training.
    """
    if not are_sound(logits):
        raise RunError("the model gives no probabilities: its training has diverged; train it again with a lower --lr")
