"""What is asked of a model of sequences, in numbers: the measurements of one model, and which criteria they meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from seqgen.evaluation.neural_baselines import FixedWindow
from seqgen.inspection.memory_curve import MemoryCurve
from seqgen.inspection.orders import OrderCosts
from seqgen.inspection.places import NEW_PLACES, TRAINED_PLACES, mean_over
from seqgen.shares import Estimate

Criterion = Literal["variable length", "order", "long-term dependencies", "shared parameters"]

WINDOW = FixedWindow.n_before
"""Tokens that the fixed window reads. What is farther back is called far."""
_SAME_BITS = 1e-6
"""Bits that differ by no more than this are taken to be the same."""
_ENOUGH_RIGHT = 0.5
"""Who has no idea names one letter in eight."""


@dataclass(frozen=True, kw_only=True)
class ModelCriteria:
    """What one model does with inputs of many lengths, without their order, and with a letter at new places.

    >>> from seqgen.shares import share
    >>> bits = np.repeat([[4.0], [3.0], [3.0], [3.0], [2.0], [1.9], [1.9]], 24, axis=1)
    >>> curve = MemoryCurve(beyond="nothing", lengths=(1, 2, 4, 8, 16, 32, 64), bits=bits)
    >>> order = OrderCosts(shuffled=(2, 4), extra_bits=np.zeros((2, 24)))
    >>> right = [share(9, 9), share(1, 9)] * 8
    >>> model = ModelCriteria(name="a", n_parameters=9, n_per_token=0, curve=curve, order=order, right=right)
    >>> model.most_counting, round(model.far_gain, 3)
    (32, 0.1)
    >>> [criterion for criterion, is_met in model.verdicts.items() if is_met]
    ['variable length', 'long-term dependencies']
    """

    name: str
    n_parameters: int
    n_per_token: int
    """Parameters that reading one more token would add."""
    curve: MemoryCurve
    """Bits per unit, given inputs of 1, 2, 4 and so on tokens."""
    order: OrderCosts
    right: Sequence[Estimate]
    """Share of letters that are named, by the place of the letter."""

    @property
    def most_counting(self) -> int:
        """The longest input that does not give the same predictions as half of it."""
        changes = np.abs(np.diff(self.curve.bits, axis=0)).max(axis=1)  # (K-1,)
        pairs = zip(self.curve.lengths[1:], changes, strict=True)
        return max((length for length, change in pairs if change > _SAME_BITS), default=self.curve.lengths[0])

    @property
    def far_gain(self) -> float:
        """Bits per unit that the tokens beyond the window save."""
        return self.curve.means[self._of_window] - self.curve.means[-1]

    @property
    def far_plus_minus(self) -> float:
        """Half the width of the 95 % interval of `far_gain`."""
        return self.curve.plus_minus[self._of_window]

    @property
    def right_where_trained(self) -> Estimate:
        """Letters that are named at the places where they stood in training."""
        return mean_over(self.right, TRAINED_PLACES)

    @property
    def right_elsewhere(self) -> Estimate:
        """Letters that are named where none stood in training."""
        return mean_over(self.right, NEW_PLACES)

    @property
    def verdicts(self) -> dict[Criterion, bool | None]:
        """Which criteria are met; None if more text would be needed to tell."""
        return {
            "variable length": self.most_counting > WINDOW,
            "order": _is_gain(self.order.means[-1], self.order.plus_minus[-1]),
            "long-term dependencies": _is_gain(self.far_gain, self.far_plus_minus),
            "shared parameters": self.right_elsewhere.value > _ENOUGH_RIGHT,
        }

    @property
    def _of_window(self) -> int:
        return self.curve.lengths.index(WINDOW)

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, under the names that `seqgen inspect criteria --json` prints."""
        curve, order = self.curve, self.order
        return {
            "model": self.name,
            "n_parameters": self.n_parameters,
            "parameters_per_further_token": self.n_per_token,
            "criteria": self.verdicts,
            "most_tokens_that_count": self.most_counting,
            "lengths": [
                {"tokens": length, "bits": bits, "plus_minus": width}
                for length, bits, width in zip(curve.lengths, curve.means, curve.plus_minus, strict=True)
            ],
            "order": [
                {"shuffled": number, "extra_bits": bits, "plus_minus": width}
                for number, bits, width in zip(order.shuffled, order.means, order.plus_minus, strict=True)
            ],
            "far_gain": self.far_gain,
            "far_gain_plus_minus": self.far_plus_minus,
            **self.right_where_trained.to_json("right_where_trained"),
            **self.right_elsewhere.to_json("right_elsewhere"),
            "right_by_place": [estimate.value for estimate in self.right],
        }


def _is_gain(bits: float, plus_minus: float) -> bool | None:
    """Whether bits are surely above 0. None if they are above it, but not surely."""
    return None if 0 < bits <= plus_minus else bits > 0
