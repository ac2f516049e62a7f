"""How far a training is, and the learning rate there."""

from __future__ import annotations

import math
import time

from seqgen.config import Budget, TrainingConfig

FORWARD_SHARE = 1 / 3
"""What reading a token costs, as a share of learning from it."""
_CLOSING_SHARE = 1.2
_CLOSING_S = 0.1


class Clock:
    """Measures a budget: by steps, by epochs, or by the time since the first step, earlier sittings included."""

    def __init__(self, budget: Budget, *, steps_per_epoch: int, elapsed_s: float = 0.0) -> None:
        self._started = time.monotonic() - elapsed_s
        self._steps = budget.steps
        if budget.epochs is not None:
            self._steps = math.ceil(budget.epochs * steps_per_epoch)
        self._seconds = None if budget.minutes is None else 60 * budget.minutes
        self.validation_s = 0.0
        """How long the latest validation took: so much time is left for the last one."""
        self.has_validated = False
        """Whether there has been one in this sitting."""

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._started

    def expect_validation(self, n_tokens: int, n_trained: int) -> None:
        """Guess how long a first validation over `n_tokens` will take, from the training so far."""
        self.validation_s = self.elapsed_s * n_tokens / n_trained * FORWARD_SHARE

    def fraction(self, step: int) -> float:
        """Share of the budget that is spent after so many steps, 1 when training must end."""
        if self._seconds is None:
            return min(1.0, step / (self._steps or math.inf))
        closing_s = _CLOSING_SHARE * self.validation_s + _CLOSING_S
        return min(1.0, self.elapsed_s / max(self._seconds - closing_s, 1e-9))


def rate_at(step: int, fraction: float, config: TrainingConfig) -> float:
    """Learning rate of the step after `step` others: a linear rise, then a linear fall to `final_rate`."""
    rise = min(1.0, (step + 1) / (config.warmup_steps + 1))
    fall = 1 - (1 - config.final_rate) * fraction
    return config.learning_rate * rise * fall
