"""The training loop: what a step is, where windows begin, when it ends."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from seqgen.config import Budget, LstmConfig, TrainingConfig
from seqgen.corpus import Streams
from seqgen.models import build_model
from seqgen.training.optimizers import build_optimizer
from seqgen.training.reports import EndReport, Report, StepReport, ValidationReport
from seqgen.training.trainer import TrainingData, TrainingState, train

GOLDEN = [1.9471155672911329, 1.9226979232243715, 1.9625823354000507]

V = 7
CONFIG = TrainingConfig(
    n_streams=4, window=8, learning_rate=0.01, evaluate_every=5, clip_norm=1.0, warmup_steps=0, patience=None
)
MODEL = LstmConfig(vocab_size=V, n_layer=1, d_model=10, d_embedding=4, dropout=0.0)
TRAIN = np.random.default_rng(0).integers(1, V, 200)
VALID = np.random.default_rng(1).integers(1, V, 60)


def fresh(config: TrainingConfig = CONFIG) -> TrainingState:
    torch.manual_seed(0)
    model = build_model(MODEL).double()
    return TrainingState(model, build_optimizer(model, config))


def data(*, with_valid: bool = True) -> TrainingData:
    train_streams = Streams(TRAIN, n_streams=4, window=8)
    if not with_valid:
        return TrainingData(train_streams, None, None)
    return TrainingData(train_streams, Streams(VALID, n_streams=2, window=16), float(len(VALID)))


def run(budget: Budget, config: TrainingConfig = CONFIG, **options: bool) -> tuple[TrainingState, list[Report]]:
    state = fresh(config)
    return state, list(train(state, data(**options), config, budget))


def steps(reports: list[Report]) -> list[StepReport]:
    return [report for report in reports if isinstance(report, StepReport)]


def test_the_losses_are_those_of_the_algorithm_written_out() -> None:
    """Windows in order, state carried and detached, mean nats per token, global clipping, AdamW."""
    _, reports = run(Budget(steps=9))
    model = fresh().model
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, betas=(0.9, 0.99), weight_decay=0)
    streams = Streams(TRAIN, n_streams=4, window=8)
    state = None
    expected = []
    for step in range(9):
        if step % len(streams) == 0:
            state = None
        inputs, targets = map(torch.from_numpy, streams[step % len(streams)])
        logits, state = model(inputs, state)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum") / targets.numel()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.param_groups[0]["lr"] = 0.01 * (1 - 0.98 * step / 9)
        optimizer.step()
        state = tuple(tensor.detach() for tensor in state)
        expected.append(loss.item())
    assert [report.loss_nats for report in steps(reports)] == pytest.approx(expected, rel=1e-9)


def test_golden_losses_of_the_first_steps() -> None:
    """Printed by this test's own run on torch 2.13.0 in float64: they move only if the algorithm does."""
    _, reports = run(Budget(steps=3))
    assert [report.loss_nats for report in steps(reports)] == pytest.approx(GOLDEN, rel=1e-6)


def test_a_step_is_at_the_rate_that_the_schedule_says() -> None:
    config = replace(CONFIG, warmup_steps=3, learning_rate=1.0, clip_norm=None)
    _, reports = run(Budget(steps=10), config)
    rates = [report.learning_rate for report in steps(reports)]
    assert rates[:4] == pytest.approx([0.25, 0.5 * 0.902, 0.75 * 0.804, 0.706])
    assert all(later < earlier for earlier, later in pairwise(rates[3:]))
    assert rates[-1] == pytest.approx(1 - 0.98 * 0.9)


def test_epochs_are_passes_over_all_windows() -> None:
    state, reports = run(Budget(epochs=2))
    assert len(steps(reports)) == 2 * len(data().train) == 14
    assert state.n_tokens == 2 * 200


def test_a_pass_begins_with_an_empty_state() -> None:
    state = fresh()
    reports = train(state, data(), CONFIG, Budget(epochs=2))
    for _ in range(8):  # seven steps and one validation
        next(reports)
    model = fresh().model
    model.load_state_dict(state.model.state_dict())
    inputs, targets = map(torch.from_numpy, data().train[0])
    expected = F.cross_entropy(model(inputs)[0].flatten(0, 1), targets.flatten()).item()
    report = next(reports)
    assert isinstance(report, StepReport)
    assert report.loss_nats == pytest.approx(expected)


def test_validation_comes_every_so_many_steps_and_at_the_end() -> None:
    _, reports = run(Budget(steps=12))
    assert [report.step for report in reports if isinstance(report, ValidationReport)] == [5, 10, 12]


def test_validation_changes_nothing_that_training_can_see() -> None:
    with_valid = [report.loss_nats for report in steps(run(Budget(steps=12))[1])]
    without = [report.loss_nats for report in steps(run(Budget(steps=12), with_valid=False)[1])]
    assert with_valid == without


def test_patience_ends_a_run_that_gets_worse() -> None:
    """Random ids cannot be foretold: what is learned by heart hurts validation."""
    config = replace(CONFIG, patience=2, learning_rate=0.05)
    _, reports = run(Budget(steps=5000), config)
    end = reports[-1]
    assert isinstance(end, EndReport)
    assert end.reason == "patience"
    assert [report.is_best for report in reports if isinstance(report, ValidationReport)][-2:] == [False, False]


def test_a_loss_that_is_no_number_ends_the_run_before_it_touches_the_weights() -> None:
    state = fresh()
    with torch.no_grad():
        next(iter(state.model.parameters())).fill_(math.nan)
    before = {name: p.clone() for name, p in state.model.named_parameters()}
    reports = list(train(state, data(), CONFIG, Budget(steps=5)))
    assert isinstance(reports[-1], EndReport)
    assert [type(report) for report in reports] == [EndReport]
    assert reports[-1].reason == "diverged"
    for name, parameter in state.model.named_parameters():
        torch.testing.assert_close(parameter, before[name], equal_nan=True)


def test_the_best_validation_is_the_lowest() -> None:
    state, reports = run(Budget(steps=40))
    scores = [report.nats_per_token for report in reports if isinstance(report, ValidationReport)]
    assert state.best_nats == min(scores)


def test_a_budget_by_the_clock_ends_and_reports_its_end() -> None:
    _, reports = run(Budget(minutes=0.2 / 60))
    assert isinstance(reports[-1], EndReport)
    assert reports[-1].reason == "budget"
