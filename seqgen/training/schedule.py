"""How much of the budget is spent, and what follows from it: the learning rates, and when validation is due."""

from __future__ import annotations

from typing import final

from seqgen.config import Budget, TrainingConfig
from seqgen.training.running_time import RunningTime

MIN_VALIDATIONS = 3
"""Validations of a training run, at least: fewer show no trend."""

_LEAST_GAP = 0.25
"""Steps between two validations, at least, as a share of those that were planned: less shows nothing new."""

FORWARD_SHARE = 0.3
"""The time to score a token, as a share of the time to train on it."""

_MAX_CLOSING_SHARE = 0.2
"""The most of the budget that is reserved for the last validation by estimate: the first steps may be slow."""


class Clock:
    """Measures how much of a budget is spent, in steps, in epochs or in time. Earlier sessions count, pauses do not.

    >>> clock = Clock(Budget(steps=200), tokens_per_epoch=10_000)
    >>> clock.fraction(step=50, n_tokens=25_600)
    0.25
    """

    def __init__(
        self,
        budget: Budget,
        *,
        tokens_per_epoch: int,
        closing_tokens: float = 0.0,
        elapsed_s: float = 0.0,
        time: RunningTime | None = None,
    ) -> None:
        """`closing_tokens` is what the last validation costs, counted in tokens of training. It serves as an estimate
        until a validation has been timed.
        """
        self.budget = budget
        self._closing_tokens = closing_tokens
        self.time = time or RunningTime()
        self._started = self.time.now() - elapsed_s
        self._tokens = None if budget.epochs is None else budget.epochs * tokens_per_epoch
        self.closing_s = 0.0
        """Seconds that the latest validation of this session took, including the save after it. A budget by minutes
        reserves this time for the last validation."""

    @property
    def elapsed_s(self) -> float:
        return self.time.now() - self._started

    def fraction(self, step: int, n_tokens: int) -> float:
        """The share of the budget that is spent after this many steps and tokens. At 1, training must end."""
        if self.budget.steps is not None:
            return min(1.0, step / self.budget.steps)
        if self._tokens is not None:
            return min(1.0, n_tokens / self._tokens)
        assert self.budget.minutes is not None
        seconds = 60 * self.budget.minutes
        estimate_s = self.elapsed_s * self._closing_tokens / n_tokens if n_tokens else 0.0
        closing_s = self.closing_s or min(estimate_s, _MAX_CLOSING_SHARE * seconds)
        return min(1.0, self.elapsed_s / max(seconds - closing_s, 1e-9))


@final
class ValidationSchedule:
    """When validation is due: every so many steps.

    A budget by minutes may pay for fewer steps than planned, on a busy machine for instance. Then validation is also
    due after each third of the time, so that there are three. A validation is left out if another was shortly before
    it, or if the end is so near that the last validation follows shortly after it.

    >>> schedule = ValidationSchedule(Budget(minutes=1), every=100, fraction=0.0)
    >>> times = ((1, 0.1), (2, 0.3), (3, 0.4), (4, 0.5), (100, 0.6), (101, 0.7), (102, 0.8))
    >>> [step for step, fraction in times if schedule.is_due(step, fraction)]
    [3, 100]
    """

    def __init__(self, budget: Budget, *, every: int, fraction: float, validated_step: int = -1) -> None:
        """`fraction` is the share of the budget that earlier sessions have spent, and `validated_step` the step of
        their latest validation.
        """
        self._every = every
        self._n_parts = 0 if budget.minutes is None else MIN_VALIDATIONS
        self._part = int(self._n_parts * fraction)
        self._latest = validated_step

    def is_due(self, step: int, fraction: float) -> bool:
        """Whether to validate after this many steps, with this share of the budget spent. Ask once for each step."""
        before, self._part = self._part, int(self._n_parts * fraction)
        if not step or (step % self._every and self._part == before):
            return False
        total = step / max(fraction, 1e-9)  # the steps of the whole budget, if they go on at this speed
        least_gap = _LEAST_GAP * min(self._every, total / MIN_VALIDATIONS)
        if min(step - self._latest, total - step) < least_gap:
            return False
        self._latest = step
        return True


def rate_share_at(step: int, fraction: float, *, config: TrainingConfig) -> float:
    """The learning rates of the step after `step` others, as a share of their peaks.

    They rise linearly during the warm-up, and fall linearly over the whole budget.

    >>> from seqgen.run import open_model
    >>> config = open_model("checkpoints/story").record.training
    >>> times = ((0, 0.0), (20, 0.1), (190, 0.95))
    >>> [round(rate_share_at(step, fraction, config=config), 3) for step, fraction in times]
    [0.048, 0.9, 0.05]
    """
    rise = min(1.0, (step + 1) / (config.warmup_steps + 1))
    return rise * (1 - (1 - config.final_rate) * fraction)
