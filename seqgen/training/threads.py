"""How many threads train: fewer than there are cores while other programs keep some of them busy."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import final

import torch

from seqgen.run import Report, StepReport
from seqgen.training.running_time import RunningTime

_TRIAL_STEPS = 2
_TRIAL_S = 0.15
"""A thread count is tried for at least this many steps and seconds, after one step that does not count."""
_WORTHWHILE_SPEED_UP = 1.1
"""Another thread count has to be faster by this factor."""
_LOOK_EVERY_S = 2.0
"""Training is looked at in stretches of this length."""
_SLOW = 1.25
"""A stretch is slow if its steps take longer than those of the fastest stretch by this factor."""
_RETRY_EVERY_S = 20.0
"""With fewer threads than there could be, the others are tried again this often: the machine may be free again."""


@final
class ThreadTuner:
    """Tries several thread counts on the steps of a training run, and keeps the fastest.

    It tries them at the beginning, whenever training has become slow, and now and then while it uses fewer threads than
    it may. The thread count changes the last digits of sums, so this is for budgets in minutes, which do not repeat
    anyway.

    >>> tuner = ThreadTuner(most=4, set_threads=lambda number: None)
    >>> tuner.counts
    (4, 3, 2, 1)
    >>> while tuner.is_trying:
    ...     tuner.after_step(seconds={4: 0.9, 3: 0.5, 2: 0.6, 1: 1.0}[tuner.in_use])
    >>> tuner.n_threads
    3
    """

    def __init__(self, *, most: int, set_threads: Callable[[int], None] | None = None) -> None:
        self.counts = tuple(sorted({most, max(1, most - 1), math.ceil(most / 2), 1}, reverse=True))
        """The thread counts that are tried, the largest first."""
        self.n_threads = most
        """The thread count that was chosen last."""
        self.in_use = most
        """The thread count of the next step; while counts are tried, not always the chosen one."""
        self._set_threads = set_threads or torch.set_num_threads
        self._untried: list[int] = []
        self._mean_s: dict[int, float] = {}
        """Seconds per step of the thread counts that were tried."""
        self._times: list[float] = []
        """Seconds of the steps of this stretch, or of this trial."""
        self._fastest_s = math.inf
        self._since_trial_s = 0.0
        if len(self.counts) > 1:
            self._begin_trial()

    @property
    def is_trying(self) -> bool:
        """Whether thread counts are being tried."""
        return bool(self._untried)

    def timed(self, reports: Iterator[Report], time: RunningTime) -> Iterator[Report]:
        """The same reports. Between two of them, the thread count may change; after the last, it is what it was."""
        try:
            while True:
                started = time.now()
                report = next(reports, None)
                if report is None:
                    return
                if isinstance(report, StepReport):
                    self.after_step(time.now() - started)
                yield report
        finally:
            self._use(self.counts[0])

    def after_step(self, seconds: float) -> None:
        """Take note of how long a step took."""
        self._times.append(seconds)
        if self.is_trying:
            self._continue_trial()
        elif sum(self._times) >= _LOOK_EVERY_S and len(self.counts) > 1:
            self._look()

    def _begin_trial(self) -> None:
        self._mean_s = {}
        self._untried = [self.n_threads, *(number for number in self.counts if number != self.n_threads)]
        self._times = []

    def _continue_trial(self) -> None:
        counted = self._times[1:]
        if len(counted) < _TRIAL_STEPS or sum(counted) < _TRIAL_S:
            return
        self._mean_s[self._untried.pop(0)] = sum(counted) / len(counted)
        self._times = []
        if self._untried:
            self._use(self._untried[0])
            return
        before = next(iter(self._mean_s))
        fastest = min(self._mean_s, key=lambda number: self._mean_s[number])
        is_worthwhile = self._mean_s[fastest] * _WORTHWHILE_SPEED_UP < self._mean_s[before]
        self.n_threads = fastest if is_worthwhile else before
        self._use(self.n_threads)
        self._fastest_s, self._since_trial_s = math.inf, 0.0

    def _look(self) -> None:
        """Compare the last stretch with the fastest since the last trial."""
        mean_s = sum(self._times) / len(self._times)
        self._since_trial_s += sum(self._times)
        self._times = []
        self._fastest_s = min(self._fastest_s, mean_s)
        is_reduced = self.n_threads < self.counts[0]
        if mean_s > _SLOW * self._fastest_s or (is_reduced and self._since_trial_s >= _RETRY_EVERY_S):
            self._begin_trial()

    def _use(self, n_threads: int) -> None:
        if n_threads != self.in_use:
            self.in_use = n_threads
            self._set_threads(n_threads)
