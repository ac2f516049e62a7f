"""What the order of the last tokens is worth: the loss if they stand in random order, less the loss if they do not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.inspection.contexts import Passages
from seqgen.inspection.predictors import Predictor, nats_after
from seqgen.intervals import half_width

_N_GIVEN = 64
"""Tokens that stand before each predicted one, those in random order included."""
_N_EACH = 32
"""How many tokens of a passage are predicted."""
SHUFFLED = (2, 4, 8, 16)
"""How many of the last tokens stand in random order."""


@dataclass(frozen=True, kw_only=True)
class OrderCosts:
    """The bits that a predictor loses if the last tokens stand in random order. K numbers of tokens, P passages.

    >>> costs = OrderCosts(shuffled=(2, 4), extra_bits=np.array([[0.5] * 20, [1.0] * 20]))
    >>> costs.means, [round(width, 6) for width in costs.plus_minus]
    ([0.5, 1.0], [0.0, 0.0])
    """

    shuffled: tuple[int, ...]
    """How many of the last tokens stand in random order, ascending."""
    extra_bits: NDArray[np.float64]
    """Bits per unit in each passage, less those in the order of the text, (K, P)."""

    @property
    def means(self) -> list[float]:
        return [float(mean) for mean in self.extra_bits.mean(axis=1)]

    @property
    def plus_minus(self) -> list[float]:
        """Half the width of the 95 % interval of each mean."""
        return [half_width(of_number) for of_number in self.extra_bits]


def measure_order(
    predictor: Predictor, ids: NDArray[Any], passages: Passages, *, units_per_token: float, seed: int
) -> OrderCosts:
    """Let a predictor read the same tokens in the order of the text and in random order.

    Each predicted token has a random order of its own, which is the same for all predictors. Up to 64 tokens stand
    before it; there must be so many before the first passage.

    >>> from seqgen.inspection.predictors import BagPredictor
    >>> ids = np.random.default_rng(0).integers(1, 9, 900)
    >>> passages = Passages.of(len(ids), after=64, n_tokens=400)
    >>> measure_order(BagPredictor(9, seed=0), ids, passages, units_per_token=1.0, seed=0).means
    [0.0, 0.0, 0.0, 0.0]
    """
    n_each = min(_N_EACH, passages.length)
    places = (passages.starts[:, None] + np.arange(n_each)).ravel()
    n_given = min(_N_GIVEN, int(places[0]))
    before, targets = ids[places[:, None] + np.arange(-n_given, 0)], ids[places]
    in_order = nats_after(predictor, before, targets)
    extra = [nats_after(predictor, _shuffle(before, n, seed=seed), targets) - in_order for n in SHUFFLED]
    per_passage = np.array(extra).reshape(len(SHUFFLED), -1, n_each).mean(axis=2)  # (K, P)
    return OrderCosts(shuffled=SHUFFLED, extra_bits=per_passage / (units_per_token * math.log(2)))


def _shuffle(before: NDArray[Any], n: int, *, seed: int) -> NDArray[Any]:
    """Rows of ids whose last n are in random order."""
    shuffled = before.copy()
    shuffled[:, -n:] = np.random.default_rng([seed, n]).permuted(before[:, -n:], axis=1)
    return shuffled
