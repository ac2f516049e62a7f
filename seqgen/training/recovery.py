"""What training does when its numbers go wrong: it goes back to a good state, and continues at half the learning rates.

Chowdhery et al. (2022, section 5.1) went back by hand when the loss of a large model spiked.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from dataclasses import dataclass
from typing import Any, final

import torch
from numpy.typing import NDArray
from torch import Tensor

from seqgen.models import State, load_weights, read_weights
from seqgen.run import SetbackReport, SkipReport, StepReport
from seqgen.training.optimizers import load_optimizers, read_optimizers
from seqgen.training.state import TrainingState, are_finite

MOST_SETBACKS = 3
MOST_SKIPPED = 3
"""So many skipped windows in a row are no accident."""
_N_LOSSES = 128
_N_DEVIATIONS = 6
_LEAST_DEVIATION = 0.02
"""Nats. Losses that hardly differ from each other are no reason to take a small rise for a fault."""
_N_HIGH = 32
"""A loss that is too high for so many steps does not come down by itself."""


@dataclass(frozen=True)
class _GoodState:
    """Copies of what a setback restores. Steps and tokens are not among it: the budget is spent all the same."""

    weights: dict[str, NDArray[Any]]
    optimizers: dict[str, NDArray[Any]]
    average: list[Tensor] | None
    carried: State | None
    epoch: int
    window: int
    step: int

    @classmethod
    def of(cls, state: TrainingState) -> _GoodState:
        average = None if state.average is None else [weight.clone() for weight in state.average.weights]
        weights, optimizers = read_weights(state.model), read_optimizers(state.optimizers)
        return cls(weights, optimizers, average, state.carried, state.epoch, state.window, state.step)


@final
class Recovery:
    """Watches the losses of a training, remembers its latest good state, and goes back to it.

    After a resumed run, the good state is the one that was saved, and the losses are those since then.
    """

    def __init__(self, state: TrainingState) -> None:
        self._state = state
        self._good = _GoodState.of(state)
        self._losses: deque[float] = deque(maxlen=_N_LOSSES)
        self._n_skipped = self._n_high = 0
        self.is_broken = False
        """Whether a number of the state is none, as the latest `remember` has found it."""

    def remember(self) -> None:
        """Take the state as it is for a good one, unless the latest losses are too high or one of its numbers is none.

        What an optimizer remembers counts: a weight whose mean square is infinite learns no more, and no loss shows it.
        """
        memories = (memory for optimizer in self._state.optimizers for memory in optimizer.memory.values())
        remembered = (tensor for memory in memories for tensor in memory.values())
        self.is_broken = not are_finite([*self._state.model.parameters(), *remembered])
        if not self._n_skipped and not self._n_high and not self.is_broken:
            self._good = _GoodState.of(self._state)

    def is_needed_after(self, report: StepReport | SkipReport) -> bool:
        """Whether a setback is due: a number of the state is none, three windows in a row had to be skipped, or the
        loss is and stays too high.

        Too high is more than six standard deviations above the mean of the last 128 losses. After the last setback
        that there may be, a high loss is taken for a property of the text.
        """
        if self.is_broken:
            return True
        if isinstance(report, SkipReport):
            self._n_skipped += 1
            return self._n_skipped >= MOST_SKIPPED
        self._n_skipped = 0
        if not self._is_high(report.loss_nats):
            self._losses.append(report.loss_nats)
            self._n_high = 0
            return False
        self._n_high += 1
        if self._n_high >= _N_HIGH and not self.may_go_back:
            self._losses.clear()
            self._n_high = 0
        return self._n_high >= _N_HIGH

    def _is_high(self, loss: float) -> bool:
        if len(self._losses) < _N_LOSSES:
            return False
        mean = statistics.fmean(self._losses)  # and not pstdev, which is exact and slow: this runs in every step
        deviation = math.sqrt(statistics.fmean((earlier - mean) ** 2 for earlier in self._losses))
        return loss > mean + _N_DEVIATIONS * max(deviation, _LEAST_DEVIATION)

    @property
    def may_go_back(self) -> bool:
        return self._state.n_setbacks < MOST_SETBACKS

    def go_back(self) -> SetbackReport:
        """Restore the latest good state, its place in the text included, and halve the learning rates."""
        state, good = self._state, self._good
        load_weights(state.model, good.weights)
        load_optimizers(state.optimizers, good.optimizers)
        if state.average is not None and good.average is not None:
            with torch.no_grad():
                torch._foreach_copy_(state.average.weights, good.average)
        state.carried, state.epoch, state.window = good.carried, good.epoch, good.window
        state.n_setbacks += 1
        self._losses.clear()
        self._n_skipped = self._n_high = 0
        self.is_broken = False
        share, elapsed_s = state.rate_share, state.elapsed_s
        return SetbackReport(step=state.step, good_step=good.step, rate_share=share, elapsed_s=elapsed_s)
