"""How often a training run validates, and on how much: so that it takes about 3 % of the time."""

from __future__ import annotations

import math

from seqgen.config import MOST
from seqgen.training.schedule import FORWARD_SHARE, MIN_VALIDATIONS

_WORTHWHILE_CUT = 1.5
"""A validation part that is longer than affordable by less than this factor is scored whole all the same."""
_MIN_STEPS_BETWEEN_VALIDATIONS = 50
_MAX_VALIDATIONS = 25
_VALIDATION_SHARE = 0.03
"""Validation may take this share of the training time."""


def plan_validations(
    *, n_trained: float, n_valid: int, n_per_step: int, n_least: int, has_average: bool
) -> tuple[int, int | None]:
    """How many steps lie between validations, and how much of the validation part is scored; None: all of it.

    A short run validates on less, or takes longer for it, rather than validate fewer than three times.

    Args:
        n_trained: tokens, or pairs, that the budget pays for.
        n_valid: tokens, or pairs, of the validation part.
        n_per_step: tokens, or pairs, of a step.
        n_least: what is scored at least.
        has_average: whether the average of the weights is scored as well.

    >>> plan_validations(n_trained=3_000_000, n_valid=100_000, n_per_step=4096, n_least=10_000, has_average=True)
    (244, 50000)
    """
    n_readings = 2 if has_average else 1
    cost = FORWARD_SHARE * n_readings / _VALIDATION_SHARE  # to train between validations, for each that is scored
    most = max(n_least, int(n_trained / cost / MIN_VALIDATIONS))
    n_scored = most if n_valid > _WORTHWHILE_CUT * most else None
    affordable = (n_scored or n_valid) * cost / n_per_step
    sufficient = n_trained / _MAX_VALIDATIONS / n_per_step
    preferred = math.ceil(max(_MIN_STEPS_BETWEEN_VALIDATIONS, affordable, sufficient))
    most_steps = int(n_trained / n_per_step / MIN_VALIDATIONS)
    return max(1, min(preferred, most_steps, MOST)), n_scored
