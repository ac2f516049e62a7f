"""Truncated backpropagation through time: the loop that fits a decoder to a text."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from seqgen.config import Budget, TrainingConfig
from seqgen.corpus import Streams
from seqgen.models import Decoder, State, detach
from seqgen.scoring import sum_nats
from seqgen.training.reports import EndReason, EndReport, Report, StepReport, ValidationReport
from seqgen.training.schedule import Clock, rate_at

_HOPELESS = 10  # times the nats of a model that knows nothing: from there no training comes back


@dataclass(frozen=True)
class TrainingData:
    """Training and validation ids as streams; no validation where the text is too short for one."""

    train: Streams
    valid: Streams | None
    valid_characters: float | None
    """Characters that the validation ids stand for; None where they do not stand for them in full."""


@dataclass
class TrainingState:
    """Everything that training changes, and all that resuming needs beside torch's random state."""

    model: Decoder
    optimizer: torch.optim.Optimizer
    carried: State | None = None
    step: int = 0
    """Steps done."""
    n_tokens: int = 0
    """Targets learned from."""
    elapsed_s: float = 0.0
    best_nats: float = math.inf
    best_step: int = 0
    n_worse: int = 0
    """Validations since the best one."""
    validated_step: int = -1
    """The step of the latest validation."""

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
    clock = Clock(budget, steps_per_epoch=len(data.train), elapsed_s=state.elapsed_s)
    reason: EndReason = "budget"
    while clock.fraction(state.step) < 1:
        if state.step and state.step % config.evaluate_every == 0 and not state.is_validated:
            yield from validate(state, data, clock)
        if budget.minutes is None and config.patience is not None and state.n_worse >= config.patience:
            reason = "patience"
            break
        report = take_step(state, data.train, config, clock)
        if report is None:
            yield EndReport(step=state.step, reason="diverged", elapsed_s=clock.elapsed_s)
            return
        if data.valid is not None and not clock.has_validated:
            clock.expect_validation(data.valid.n_tokens, state.n_tokens)
        yield report
    if not state.is_validated:
        yield from validate(state, data, clock)
    yield EndReport(step=state.step, reason=reason, elapsed_s=clock.elapsed_s)


def take_step(state: TrainingState, windows: Streams, config: TrainingConfig, clock: Clock) -> StepReport | None:
    """One window of truncated backpropagation through time (Williams & Peng 1990); None if it has diverged."""
    number = state.step % len(windows)
    if number == 0:
        state.carried = None
    inputs, targets = (torch.from_numpy(array).to(state.device) for array in windows[number])  # (B, T) each
    fraction = clock.fraction(state.step)
    learning_rate = set_rate(state.optimizer, rate_at(state.step, fraction, config))

    logits, carried = state.model(inputs, state.carried)  # (B, T, V)
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())  # nats per token
    if not (loss_nats := loss.item()) < _HOPELESS * math.log(logits.shape[2] + 1):  # nor is NaN
        return None
    state.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    grad_norm = clip(state.model, config.clip_norm)
    if not math.isfinite(grad_norm):
        return None
    state.optimizer.step()
    state.carried = detach(carried)

    state.step += 1
    state.n_tokens += targets.numel()
    state.elapsed_s = clock.elapsed_s
    return StepReport(
        step=state.step,
        n_tokens=targets.numel(),
        loss_nats=loss_nats,
        grad_norm=grad_norm,
        learning_rate=learning_rate,
        elapsed_s=state.elapsed_s,
        fraction=clock.fraction(state.step),
    )


def set_rate(optimizer: torch.optim.Optimizer, learning_rate: float) -> float:
    """Give every group of parameters its learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    return learning_rate


def clip(model: Decoder, largest: float | None) -> float:
    """Scale the gradient down to a global norm of `largest`; returns the norm before."""
    return float(torch.nn.utils.clip_grad_norm_(model.parameters(), math.inf if largest is None else largest))


def validate(state: TrainingState, data: TrainingData, clock: Clock) -> Iterator[ValidationReport]:
    """Score the validation part, if there is one, on parallel carried streams; note whether it is the best."""
    if data.valid is None:
        return
    started = time.monotonic()
    nats = sum_nats(state.model, data.valid)
    per_token = nats / data.valid.n_tokens
    is_best = math.isfinite(per_token) and per_token <= state.best_nats
    if is_best:
        state.best_nats, state.best_step = per_token, state.step
    state.n_worse = 0 if is_best else state.n_worse + 1
    state.validated_step = state.step
    clock.has_validated = True
    clock.validation_s = time.monotonic() - started
    state.elapsed_s = clock.elapsed_s
    yield ValidationReport(
        step=state.step,
        nats_per_token=per_token,
        bits_per_character=nats / data.valid_characters / math.log(2) if data.valid_characters else None,
        is_best=is_best,
        took_s=clock.validation_s,
        elapsed_s=state.elapsed_s,
    )
