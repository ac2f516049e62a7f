"""How far a training is, and the learning rates there."""

from __future__ import annotations

import time

from seqgen.config import Budget, TrainingConfig

FORWARD_SHARE = 0.3
"""What reading a token costs, as a share of learning from it."""

_MOST_CLOSING = 0.2
"""Of the time, left for the last validation by guess: the first steps may be slow."""


class Clock:
    """Measures a budget: by steps, by epochs, or by the time since the first step, earlier sessions included."""

    def __init__(
        self, budget: Budget, *, tokens_per_epoch: int, closing_tokens: float = 0.0, elapsed_s: float = 0.0
    ) -> None:
        """`closing_tokens` is what the last validation costs, in tokens of training; a guess until there was one."""
        self._budget = budget
        self._closing_tokens = closing_tokens
        self._started = time.monotonic() - elapsed_s
        self._tokens = None if budget.epochs is None else budget.epochs * tokens_per_epoch
        self.closing_s = 0.0
        """How long the latest validation took in this session, and what followed it: so much is left for the last."""

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._started

    def fraction(self, step: int, n_tokens: int) -> float:
        """Share of the budget that is spent after so many steps and tokens, 1 when training must end."""
        if self._budget.steps is not None:
            return min(1.0, step / self._budget.steps)
        if self._tokens is not None:
            return min(1.0, n_tokens / self._tokens)
        assert self._budget.minutes is not None
        seconds = 60 * self._budget.minutes
        guess_s = self.elapsed_s * self._closing_tokens / n_tokens if n_tokens else 0.0
        closing_s = self.closing_s or min(guess_s, _MOST_CLOSING * seconds)
        return min(1.0, self.elapsed_s / max(seconds - closing_s, 1e-9))


def rate_share_at(step: int, fraction: float, config: TrainingConfig) -> float:
    """The learning rates of the step after `step` others, as a share of their peaks: a rise, then a linear fall."""
    rise = min(1.0, (step + 1) / (config.warmup_steps + 1))
    return rise * (1 - (1 - config.final_rate) * fraction)
