"""Truncated backpropagation through time: the loop that fits a decoder to a text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seqgen.config import Budget, TrainingConfig
from seqgen.corpus import Batch, BatchEpochs, Batches
from seqgen.models import Decoder, State, detach
from seqgen.run import EndReason, EndReport, Report, StepReport, ValidationReport
from seqgen.scoring import sum_nats
from seqgen.training.averaging import WeightAverage
from seqgen.training.clipping import clip
from seqgen.training.objective import Objective
from seqgen.training.optimizers import Optimizers, build_optimizers, set_rates
from seqgen.training.process_group import ProcessGroup
from seqgen.training.running_time import RunningTime
from seqgen.training.schedule import FORWARD_SHARE, Clock, ValidationSchedule, rate_share_at
from seqgen.waiting import waiting

_DIVERGED_RATIO = 10
"""Training has diverged when the loss exceeds ln V, the loss of a model that knows nothing, by this factor.

No training recovers from such a loss.
"""


@dataclass(frozen=True)
class TrainingData:
    """The training ids and the validation ids, cut into batches."""

    train: BatchEpochs
    valid: Batches | None
    """None if the text is too short for a validation part."""
    valid_characters: float | None
    """How many characters the validation ids stand for. None if decoding them would not give the text back."""


@dataclass
class TrainingState:
    """Everything that training changes. With torch's random state, it is all that resuming needs."""

    model: Decoder
    optimizers: Optimizers
    objective: nn.Module
    """The `Objective` of the model, wrapped so that several processes average their gradients."""
    average: WeightAverage | None
    group: ProcessGroup = field(default_factory=ProcessGroup)
    carried: State | None = None
    """The decoder's state after the latest window, for the streams of this process. None before the first window."""
    step: int = 0
    """Steps done."""
    epoch: int = 0
    """Number of the current epoch, counted from 0."""
    window: int = 0
    """Windows done in this epoch."""
    n_tokens: int = 0
    """Targets trained on."""
    elapsed_s: float = 0.0
    best_nats: float = math.inf
    """Nats per token of the best validation."""
    best_step: int = 0
    """The step of the best validation."""
    n_worse: int = 0
    """Validations since the best one."""
    validated_step: int = -1
    """The step of the latest validation; -1 before the first."""

    @classmethod
    def fresh(
        cls, model: Decoder, config: TrainingConfig, *, group: ProcessGroup | None = None, may_skip_encoder: bool = True
    ) -> TrainingState:
        """The state before the first step. `may_skip_encoder` as in `ProcessGroup.wrap`.

        >>> from seqgen.models import build_model
        >>> from seqgen.run import open_model
        >>> record = open_model("checkpoints/story").record
        >>> state = TrainingState.fresh(build_model(record.model), record.training)
        >>> state.step, state.best_nats
        (0, inf)
        """
        group = group or ProcessGroup()
        average = None if config.average is None else WeightAverage(model, config.average)
        objective = group.wrap(Objective(model, config), may_skip_encoder=may_skip_encoder)
        return cls(model, build_optimizers(model, config), objective, average, group)

    @property
    def is_validated(self) -> bool:
        """Whether the current weights have been validated."""
        return self.validated_step == self.step

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device


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
    windows = data.train[state.epoch]
    reason: EndReason = "budget"
    schedule = _schedule_of(state, config, budget=budget, clock=clock)
    while (fraction := state.group.broadcast(clock.fraction(state.step, state.n_tokens))) < 1:
        if schedule.is_due(state.step, fraction) and not state.is_validated:
            yield from validate(state, data, config=config, clock=clock)
        if budget.minutes is None and config.patience is not None and state.n_worse >= config.patience:
            reason = "patience"
            break
        if state.window == len(windows):
            state.epoch, state.window = state.epoch + 1, 0
            windows = data.train[state.epoch]
        report = take_step(state, windows[state.window], config=config, clock=clock, fraction=fraction)
        if report is None:
            reason = "diverged"
            break
        yield report
    if reason != "diverged" and not state.is_validated:
        yield from validate(state, data, config=config, clock=clock)
    yield EndReport(step=state.step, reason=reason, elapsed_s=clock.elapsed_s)


def _schedule_of(state: TrainingState, config: TrainingConfig, *, budget: Budget, clock: Clock) -> ValidationSchedule:
    """When validation is due from here on."""
    fraction = state.group.broadcast(clock.fraction(state.step, state.n_tokens))
    every, latest = config.evaluate_every, state.validated_step
    return ValidationSchedule(budget, every=every, fraction=fraction, validated_step=latest)


def take_step(
    state: TrainingState, batch: Batch, *, config: TrainingConfig, clock: Clock, fraction: float
) -> StepReport | None:
    """Learn from one window by truncated backpropagation through time (Williams & Peng 1990).

    `fraction` is the share of the budget that is spent. Returns None if the training has diverged; then the weights are
    as they were before.
    """
    group = state.group
    inputs, targets = (_local_tensor(ids, state) for ids in (batch.inputs, batch.targets))  # (B, T)
    weights = None if batch.weights is None else group.size * _local_tensor(batch.weights, state)  # (B, T)
    share = rate_share_at(state.step, fraction, config=config)
    set_rates(state.optimizers, share)

    before = None if batch.starts_anew else state.carried
    sources = None if batch.sources is None else [_local_tensor(array, state) for array in batch.sources.arrays]
    objective, nats, carried = state.objective(inputs, targets, state=before, weights=weights, sources=sources)
    loss_nats = group.mean(nats)
    if not loss_nats < _DIVERGED_RATIO * math.log(state.model.vocab_size + 1):  # written so that NaN diverges too
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
    """This process's rows of an array that has one row for each stream, on its device."""
    return torch.from_numpy(state.group.local_rows(rows)).to(state.device)


def validate(
    state: TrainingState, data: TrainingData, *, config: TrainingConfig, clock: Clock
) -> Iterator[ValidationReport]:
    """Score the validation part, if there is one, with the weights and with their average. The better one counts."""
    if data.valid is None:
        return
    started = clock.time.now()
    with waiting("validating"):
        scores = _score(state, data.valid, config) if state.group.is_first else (0.0, 0.0)
    raw, averaged = state.group.broadcast_all(scores)
    is_average = math.isfinite(averaged) and not raw <= averaged  # written so that the average counts if raw is NaN
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
        n_tokens=data.valid.n_targets,
        took_s=clock.time.now() - started,
        elapsed_s=state.elapsed_s,
    )
    clock.closing_s = clock.time.now() - started  # what the caller did with the report is included: it may have saved


def _score(state: TrainingState, valid: Batches, config: TrainingConfig) -> tuple[float, float]:
    """Nats of the validation part with the weights, and with their average; infinite if there is no average."""
    raw = sum_nats(state.model, valid, precision=config.precision)
    if state.average is None:
        return raw, math.inf
    with state.average.in_place():
        return raw, sum_nats(state.model, valid, precision=config.precision)
