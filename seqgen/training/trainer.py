"""Truncated backpropagation through time: the loop that fits a decoder to a text."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from contextlib import nullcontext
from typing import Any, Literal

import torch
from numpy.typing import NDArray
from torch import Tensor

from seqgen.config import Budget, TrainingConfig
from seqgen.corpus import Batch
from seqgen.models import detach
from seqgen.run import EndReason, EndReport, Report, SkipReport, StepReport
from seqgen.training.clipping import clip
from seqgen.training.optimizers import set_rates
from seqgen.training.recovery import Recovery
from seqgen.training.running_time import RunningTime
from seqgen.training.schedule import FORWARD_SHARE, Clock, ValidationSchedule, rate_share_at
from seqgen.training.state import TrainingData, TrainingState
from seqgen.training.validation import validate
from seqgen.waiting import waiting
from seqgen.wording import count_of

_IMPOSSIBLE_RATIO = 10
"""A loss that exceeds ln V, the loss of a model that knows nothing, by this factor is as bad as one that is no number.
"""


def train(
    state: TrainingState, data: TrainingData, *, config: TrainingConfig, budget: Budget, time: RunningTime | None = None
) -> Iterator[Report]:
    """Train until the budget is spent, and report every step and every validation.

    `state` is changed in place. It is consistent whenever a report is yielded, so the caller may save it then. The time
    that the caller takes between reports counts as training time; the pauses that `time` notices do not.

    >>> from seqgen.models import build_model
    >>> from seqgen.run import open_model
    >>> from seqgen.training.data import reopen_corpus
    >>> saved = open_model("checkpoints/story")
    >>> config = saved.record.training
    >>> data = reopen_corpus(saved.record.corpus, saved.tokenizer, corpus_paths=["story.txt"]).streams(config)
    >>> state = TrainingState.fresh(build_model(saved.record.model), config)
    >>> [type(report).__name__ for report in train(state, data, config=config, budget=Budget(steps=2))]
    ['StepReport', 'ValidationReport', 'StepReport', 'ValidationReport', 'EndReport']
    """
    n_scored = data.valid.n_targets * (1 if state.average is None else 2) if data.valid else 0
    clock = Clock(
        budget,
        tokens_per_epoch=data.train.targets_per_epoch,
        closing_tokens=n_scored * FORWARD_SHARE,
        elapsed_s=state.elapsed_s,
        time=time,
    )
    recovery = Recovery(state)
    reason = yield from _train_until(state, data, config=config, clock=clock, recovery=recovery)
    if reason != "diverged" and not state.is_validated:
        yield from validate(state, data, config=config, clock=clock)
        recovery.remember()
        if recovery.is_broken:
            yield recovery.go_back()
    yield EndReport(step=state.step, reason=reason, elapsed_s=clock.elapsed_s)


def _train_until(
    state: TrainingState, data: TrainingData, *, config: TrainingConfig, clock: Clock, recovery: Recovery
) -> Generator[Report, None, EndReason]:
    """Train until there is a reason to end, and return it."""
    schedule = _schedule_of(state, config, clock=clock)
    patience = config.patience if clock.budget.minutes is None else None
    has_begun = False
    windows = data.train[state.epoch]
    while (fraction := state.group.broadcast(clock.fraction(state.step, state.n_tokens))) < 1:
        if schedule.is_due(state.step, fraction) and not state.is_validated:
            yield from validate(state, data, config=config, clock=clock)
            recovery.remember()
        if patience is not None and state.n_worse >= patience:
            return "patience"
        if state.window >= len(windows):
            state.epoch, state.window = state.epoch + 1, 0
            windows = data.train[state.epoch]
        batch = windows[state.window]
        with nullcontext() if has_begun else waiting(f"taking the first step, of {count_of(batch.n_targets, 'token')}"):
            report = take_step(state, batch, config=config, clock=clock, fraction=fraction)
        has_begun = True
        yield report
        if recovery.is_needed_after(report):
            if not recovery.may_go_back:
                return "diverged"
            yield recovery.go_back()
            windows = data.train[state.epoch]
    return "budget"


def _schedule_of(state: TrainingState, config: TrainingConfig, *, clock: Clock) -> ValidationSchedule:
    """When validation is due from here on."""
    fraction = state.group.broadcast(clock.fraction(state.step, state.n_tokens))
    every, latest = config.evaluate_every, state.validated_step
    return ValidationSchedule(clock.budget, every=every, fraction=fraction, validated_step=latest)


def take_step(
    state: TrainingState, batch: Batch, *, config: TrainingConfig, clock: Clock, fraction: float
) -> StepReport | SkipReport:
    """Learn from one window by truncated backpropagation through time (Williams & Peng 1990).

    `fraction` is the share of the budget that is spent. A window whose loss or gradient is no number is skipped: the
    weights and the carried state stay as they were before it.
    """
    group = state.group
    inputs, targets = (_local_tensor(ids, state) for ids in (batch.inputs, batch.targets))  # (B, T)
    weights = None if batch.weights is None else group.size * _local_tensor(batch.weights, state)  # (B, T)
    share = state.rate_share * rate_share_at(state.step, fraction, config=config)
    set_rates(state.optimizers, share)

    before = None if batch.starts_anew else state.carried
    sources = None if batch.sources is None else [_local_tensor(array, state) for array in batch.sources.arrays]
    objective, nats, carried = state.objective(inputs, targets, state=before, weights=weights, sources=sources)
    loss_nats = group.mean(nats)
    if not loss_nats < _IMPOSSIBLE_RATIO * math.log(state.model.vocab_size + 1):  # written so that NaN counts too
        return _skip(state, "loss", clock)
    for optimizer in state.optimizers:
        optimizer.zero_grad()
    objective.backward()
    grad_norm = clip(state.model, config.clip_norm)
    if not math.isfinite(grad_norm):
        return _skip(state, "gradient", clock)
    for optimizer in state.optimizers:
        optimizer.step()
    state.carried = detach(carried)

    state.step += 1
    state.window += 1
    state.n_tokens += batch.n_targets
    if state.average is not None:
        state.average.update(state.step)
    state.elapsed_s = clock.elapsed_s
    return StepReport(
        step=state.step,
        n_tokens=batch.n_targets,
        loss_nats=loss_nats,
        grad_norm=grad_norm,
        rate_share=share,
        elapsed_s=state.elapsed_s,
        fraction=clock.fraction(state.step, state.n_tokens),
    )


def _skip(state: TrainingState, cause: Literal["loss", "gradient"], clock: Clock) -> SkipReport:
    state.window += 1
    state.elapsed_s = clock.elapsed_s
    return SkipReport(step=state.step, cause=cause, elapsed_s=state.elapsed_s)


def _local_tensor(rows: NDArray[Any], state: TrainingState) -> Tensor:
    """This process's rows of an array that has one row for each stream, on its device."""
    return torch.from_numpy(state.group.local_rows(rows)).to(state.device)
