"""Validation reads the raw weights and their average, and the better one is the model."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from seqgen.config import Budget, TrainingConfig
from seqgen.run import ValidationReport
from seqgen.scoring import sum_nats
from seqgen.training.schedule import Clock, ValidationSchedule
from seqgen.training.state import TrainingState
from seqgen.training.validation import validate
from tests.training.trainer import CONFIG, data, fresh, run


def validated(state: TrainingState, config: TrainingConfig = CONFIG) -> ValidationReport:
    (report,) = validate(state, data(), config=config, clock=Clock(Budget(steps=1), tokens_per_epoch=200))
    return report


def nats_per_token(state: TrainingState, *, of_average: bool) -> float:
    valid = data().valid
    assert valid is not None
    if not of_average:
        return sum_nats(state.model, valid) / valid.n_targets
    assert state.average is not None
    with state.average.in_place():
        return sum_nats(state.model, valid) / valid.n_targets


@torch.no_grad()
def spoil(tensors: Iterable[Tensor], value: float) -> None:
    for tensor in tensors:
        tensor.fill_(value)


def averaged_state() -> TrainingState:
    state, _ = run(Budget(steps=12), with_valid=False)
    return state


def test_the_better_of_raw_weights_and_their_average_is_reported() -> None:
    state = averaged_state()
    raw, average = (nats_per_token(state, of_average=which) for which in (False, True))
    report = validated(state)
    assert report.nats_per_token == pytest.approx(min(raw, average), rel=1e-9)
    assert report.is_average == (average < raw)


def test_a_bad_average_leaves_the_raw_weights_as_the_model() -> None:
    state = averaged_state()
    assert state.average is not None
    spoil(state.average.weights, 3.0)
    report = validated(state)
    assert not report.is_average
    assert report.nats_per_token == pytest.approx(nats_per_token(state, of_average=False), rel=1e-9)


@pytest.mark.parametrize("value", [3.0, math.nan])
def test_bad_raw_weights_leave_their_average_as_the_model(value: float) -> None:
    state = averaged_state()
    spoil(state.model.parameters(), value)
    report = validated(state)
    assert report.is_average
    assert report.is_best
    assert report.nats_per_token == pytest.approx(nats_per_token(state, of_average=True), rel=1e-9)


def test_validation_puts_the_raw_weights_back() -> None:
    state = averaged_state()
    before = [parameter.clone() for parameter in state.model.parameters()]
    validated(state)
    assert all(torch.equal(one, other) for one, other in zip(before, state.model.parameters(), strict=True))


@pytest.mark.parametrize("average", [None, 16.0])
def test_a_validation_that_is_no_number_is_never_the_best(average: float | None) -> None:
    config = replace(CONFIG, average=average)
    state = fresh(config)
    spoil(state.model.parameters(), math.nan)
    if state.average is not None:
        spoil(state.average.weights, math.nan)
    report = validated(state, config)
    assert not report.is_best
    assert not math.isfinite(report.nats_per_token)
    assert state.best_nats == math.inf
    assert state.n_worse == 1


def test_without_an_average_the_raw_weights_are_the_model() -> None:
    config = replace(CONFIG, average=None)
    state = fresh(config)
    report = validated(state, config)
    assert state.average is None
    assert not report.is_average
    assert report.nats_per_token == pytest.approx(nats_per_token(state, of_average=False), rel=1e-9)


def validated_steps(steps: int, every: int) -> list[int]:
    _, reports = run(Budget(steps=steps), replace(CONFIG, evaluate_every=every))
    return [report.step for report in reports if isinstance(report, ValidationReport)]


def test_the_last_validation_replaces_a_regular_one_shortly_before_it() -> None:
    assert validated_steps(steps=41, every=8) == [8, 16, 24, 32, 41]
    assert validated_steps(steps=42, every=8) == [8, 16, 24, 32, 40, 42]


def test_a_validation_at_a_third_of_the_time_and_a_regular_one_are_never_close() -> None:
    schedule = ValidationSchedule(Budget(minutes=1), every=235, fraction=0.0)
    assert [step for step in range(1, 700) if schedule.is_due(step, step / 700)] == [234, 467]


def test_a_resumed_run_is_not_validated_right_after_its_last_validation() -> None:
    schedule = ValidationSchedule(Budget(minutes=2), every=100, fraction=0.3, validated_step=399)
    assert not schedule.is_due(400, 0.31)
    assert schedule.is_due(500, 0.35)
