"""Truncated backpropagation through time: the loop that fits a decoder to a text."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seqgen.config import Budget, TrainingConfig
from seqgen.corpus import Batch, Epochs, Streams
from seqgen.models import Decoder, State, detach
from seqgen.run import EndReason, EndReport, Report, StepReport, ValidationReport
from seqgen.scoring import sum_nats
from seqgen.training.averaging import WeightAverage
from seqgen.training.objective import Objective
from seqgen.training.optimizers import Optimizers, build_optimizers, set_rates
from seqgen.training.process_group import ProcessGroup
from seqgen.training.schedule import FORWARD_SHARE, Clock, rate_share_at

_HOPELESS = 10  # times the nats of a model that knows nothing: from there no training comes back


@dataclass(frozen=True)
class TrainingData:
    """Training and validation ids as streams; no validation where the text is too short for one."""

    train: Epochs
    valid: Streams | None
    valid_characters: float | None
    """Characters that the validation ids stand for; None where they do not stand for them in full."""


@dataclass
class TrainingState:
    """Everything that training changes, and all that resuming needs beside torch's random state."""

    model: Decoder
    optimizers: Optimizers
    objective: nn.Module
    """The `Objective` over the model, or the same shared among processes."""
    average: WeightAverage | None
    group: ProcessGroup = field(default_factory=ProcessGroup)
    carried: State | None = None
    """Of this process's streams."""
    step: int = 0
    """Steps done."""
    epoch: int = 0
    """Passes begun, less one."""
    window: int = 0
    """Windows done of this pass."""
    n_tokens: int = 0
    """Targets learned from."""
    elapsed_s: float = 0.0
    best_nats: float = math.inf
    best_step: int = 0
    n_worse: int = 0
    """Validations since the best one."""
    validated_step: int = -1
    """The step of the latest validation."""

    @classmethod
    def fresh(cls, model: Decoder, config: TrainingConfig, group: ProcessGroup | None = None) -> TrainingState:
        """The state before the first step."""
        group = group or ProcessGroup()
        average = None if config.average is None else WeightAverage(model, config.average)
        return cls(model, build_optimizers(model, config), group.wrap(Objective(model, config)), average, group)

    @property
    def is_validated(self) -> bool:
        return self.validated_step == self.step

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device


def train(state: TrainingState, data: TrainingData, config: TrainingConfig, budget: Budget) -> Iterator[Report]:
    """Train until the budget is spent, and report every step and validation.

    `state` is changed in place; whenever a report is out, it is whole and can be saved. Under a budget by
    minutes the time that the caller takes between reports counts too.
    """
    n_scored = data.valid.n_targets * (1 if state.average is None else 2) if data.valid else 0
    clock = Clock(
        budget,
        tokens_per_epoch=data.train.targets_per_epoch,
        closing_tokens=n_scored * FORWARD_SHARE,
        elapsed_s=state.elapsed_s,
    )
    windows = data.train[state.epoch]
    reason: EndReason = "budget"
    while (fraction := state.group.broadcast(clock.fraction(state.step, state.n_tokens))) < 1:
        if state.step and state.step % config.evaluate_every == 0 and not state.is_validated:
            yield from validate(state, data, config, clock)
        if budget.minutes is None and config.patience is not None and state.n_worse >= config.patience:
            reason = "patience"
            break
        if state.window == len(windows):
            state.epoch, state.window = state.epoch + 1, 0
            windows = data.train[state.epoch]
        report = take_step(state, windows[state.window], config, clock, fraction)
        if report is None:
            reason = "diverged"
            break
        yield report
    if reason != "diverged" and not state.is_validated:
        yield from validate(state, data, config, clock)
    yield EndReport(step=state.step, reason=reason, elapsed_s=clock.elapsed_s)


def take_step(
    state: TrainingState, batch: Batch, config: TrainingConfig, clock: Clock, fraction: float
) -> StepReport | None:
    """One window of truncated backpropagation through time (Williams & Peng 1990); None if it has diverged."""
    group = state.group
    inputs, targets = (_local_tensor(ids, state) for ids in (batch.inputs, batch.targets))  # (B, T)
    weights = None if batch.weights is None else group.size * _local_tensor(batch.weights, state)  # (B, T)
    share = rate_share_at(state.step, fraction, config)
    set_rates(state.optimizers, share)

    before = None if batch.starts_anew else state.carried
    objective, nats, carried = state.objective(inputs, targets, before, weights)
    loss_nats = group.mean(nats)
    if not loss_nats < _HOPELESS * math.log(state.model.vocab_size + 1):  # nor is NaN
        return None
    for optimizer in state.optimizers:
        optimizer.zero_grad()
    objective.backward()
    grad_norm = clip(state.model, config.clip_norm)
    if not math.isfinite(grad_norm):
        return None
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


def _local_tensor(rows: NDArray[Any], state: TrainingState) -> Tensor:
    """This process's rows of an array over all streams, on its device."""
    return torch.from_numpy(state.group.local_rows(rows)).to(state.device)


def clip(model: Decoder, largest: float | None) -> float:
    """Scale the gradient down to a global norm of `largest`; returns the norm before."""
    return float(torch.nn.utils.clip_grad_norm_(model.parameters(), math.inf if largest is None else largest))


def validate(
    state: TrainingState, data: TrainingData, config: TrainingConfig, clock: Clock
) -> Iterator[ValidationReport]:
    """Score the validation part, if there is one, under the weights and under their average; note a new best."""
    if data.valid is None:
        return
    started = time.monotonic()
    raw, averaged = state.group.broadcast_all(_score(state, data.valid, config) if state.group.is_first else (0.0, 0.0))
    is_average = math.isfinite(averaged) and not raw <= averaged  # as NaN is not
    nats = averaged if is_average else raw
    per_token = nats / data.valid.n_targets
    is_best = math.isfinite(per_token) and per_token <= state.best_nats
    if is_best:
        state.best_nats, state.best_step = per_token, state.step
    state.n_worse = 0 if is_best else state.n_worse + 1
    state.validated_step = state.step
    state.elapsed_s = clock.elapsed_s
    yield ValidationReport(
        step=state.step,
        nats_per_token=per_token,
        bits_per_character=nats / data.valid_characters / math.log(2) if data.valid_characters else None,
        is_best=is_best,
        is_average=is_average,
        took_s=time.monotonic() - started,
        elapsed_s=state.elapsed_s,
    )
    clock.closing_s = time.monotonic() - started  # with what the caller does of it: saving, for one


def _score(state: TrainingState, valid: Streams, config: TrainingConfig) -> tuple[float, float]:
    """Nats of the validation part under the weights and under their average."""
    raw = sum_nats(state.model, valid, precision=config.precision)
    if state.average is None:
        return raw, math.inf
    with state.average.in_place():
        return raw, sum_nats(state.model, valid, precision=config.precision)
