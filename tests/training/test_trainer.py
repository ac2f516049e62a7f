"""The training loop: what a step is, where windows begin, when it ends."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import count, pairwise
from typing import get_args

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from seqgen.config import Budget, Optimizer
from seqgen.corpus import Batch, Epochs, Streams
from seqgen.run import EndReport, Report, StepReport, ValidationReport
from seqgen.training.process_group import ProcessGroup
from seqgen.training.running_time import RunningTime
from seqgen.training.schedule import Clock
from seqgen.training.state import TrainingData
from seqgen.training.trainer import take_step, train
from tests.training.trainer import CONFIG, TRAIN, data, fresh, run

GOLDEN: dict[Optimizer, list[float]] = {
    "adamw": [1.9448038932128795, 1.9346269466405075, 1.939957708957047],
    "muon": [1.9448038932128795, 1.935137530249634, 1.9406842435990894],
}


def tensors(batch: Batch) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(batch.inputs), torch.from_numpy(batch.targets)


def steps(reports: list[Report]) -> list[StepReport]:
    return [report for report in reports if isinstance(report, StepReport)]


def test_the_losses_are_those_of_the_algorithm_written_out() -> None:
    """Windows in order, state carried and detached, mean nats per token, global clipping, AdamW."""
    _, reports = run(Budget(steps=9), replace(CONFIG, optimizer="adamw"))
    model = fresh().model
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, betas=(0.9, 0.99), weight_decay=0)
    streams = Streams(TRAIN, n_streams=4, window=8)
    state = None
    expected = []
    for step in range(9):
        if step % len(streams) == 0:
            state = None
        inputs, targets = tensors(streams[step % len(streams)])
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


@pytest.mark.parametrize("optimizer", get_args(Optimizer))
def test_golden_losses_of_the_first_steps(optimizer: Optimizer) -> None:
    """Printed by this test on torch 2.13.0 in float64. They change only if the algorithm does."""
    _, reports = run(Budget(steps=3), replace(CONFIG, optimizer=optimizer))
    assert [report.loss_nats for report in steps(reports)] == pytest.approx(GOLDEN[optimizer], rel=1e-6)


def test_a_step_is_at_the_rate_that_the_schedule_says() -> None:
    _, reports = run(Budget(steps=10), replace(CONFIG, warmup_steps=3))
    rates = [report.rate_share for report in steps(reports)]
    assert rates[:4] == pytest.approx([0.25, 0.5 * 0.902, 0.75 * 0.804, 0.706])
    assert all(later < earlier for earlier, later in pairwise(rates[3:]))
    assert rates[-1] == pytest.approx(1 - 0.98 * 0.9)


def test_an_epoch_reads_all_windows() -> None:
    state, reports = run(Budget(epochs=2))
    assert len(steps(reports)) == 2 * len(data().train[0]) == 14
    assert state.n_tokens == 2 * 200


def test_a_pass_begins_with_an_empty_state() -> None:
    state = fresh()
    reports = train(state, data(), config=CONFIG, budget=Budget(epochs=2))
    for _ in range(8):  # seven steps and one validation
        next(reports)
    model = fresh().model
    model.load_state_dict(state.model.state_dict())
    inputs, targets = tensors(data().train[0][0])
    expected = F.cross_entropy(model(inputs)[0].flatten(0, 1), targets.flatten()).item()
    report = next(reports)
    assert isinstance(report, StepReport)
    assert report.loss_nats == pytest.approx(expected)


def weights_after(batch: Batch) -> tuple[StepReport, Tensor]:
    """What one step on a batch reports, and the weights that it leaves."""
    state = fresh()
    report = take_step(state, batch, config=CONFIG, clock=Clock(Budget(steps=9), tokens_per_epoch=200), fraction=0.0)
    assert isinstance(report, StepReport)
    assert state.n_tokens == report.n_tokens
    return report, torch.cat([parameter.detach().flatten() for parameter in state.model.parameters()])


def test_a_masked_target_teaches_nothing_and_is_not_counted() -> None:
    whole = data().train[0][0]
    mask = np.ones_like(whole.targets, dtype=np.bool_)
    mask[:, 5:] = False
    report, weights = weights_after(replace(whole, mask=mask))
    beginning, expected = weights_after(replace(whole, inputs=whole.inputs[:, :5], targets=whole.targets[:, :5]))
    assert report.n_tokens == beginning.n_tokens == 20
    assert report.loss_nats == pytest.approx(beginning.loss_nats)
    torch.testing.assert_close(weights, expected)


def test_processes_whose_masks_differ_have_the_gradients_of_the_whole_batch_on_average(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gradients(group: ProcessGroup) -> Tensor:
        state = fresh()
        state.group = group
        config = replace(CONFIG, clip_norm=None)
        take_step(state, batch, config=config, clock=Clock(Budget(steps=9), tokens_per_epoch=200), fraction=0.0)
        return torch.cat(
            [parameter.grad.flatten() for parameter in state.model.parameters() if parameter.grad is not None]
        )

    monkeypatch.setattr(ProcessGroup, "mean", lambda _, value: float(value))
    whole = data().train[0][0]
    mask = np.random.default_rng(5).random(whole.targets.shape) < np.array([[0.2], [0.3], [0.8], [0.9]])
    batch = replace(whole, mask=mask)
    shares = [gradients(ProcessGroup(rank, 2)) for rank in range(2)]
    torch.testing.assert_close((shares[0] + shares[1]) / 2, gradients(ProcessGroup()), rtol=1e-6, atol=1e-9)


def test_a_batch_that_does_not_start_anew_is_read_after_the_state_that_is_carried() -> None:
    state, clock = fresh(), Clock(Budget(steps=9), tokens_per_epoch=200)
    batch = data().train[0][0]
    take_step(state, batch, config=CONFIG, clock=clock, fraction=0.0)
    carried = state.carried
    assert carried is not None
    expected = F.cross_entropy(
        state.model(torch.from_numpy(batch.inputs), carried)[0].flatten(0, 1), torch.from_numpy(batch.targets).flatten()
    )
    report = take_step(state, replace(batch, starts_anew=False), config=CONFIG, clock=clock, fraction=0.0)
    assert isinstance(report, StepReport)
    assert report.loss_nats == pytest.approx(expected.item())


def test_validation_comes_every_so_many_steps_and_at_the_end() -> None:
    _, reports = run(Budget(steps=12))
    assert [report.step for report in reports if isinstance(report, ValidationReport)] == [5, 10, 12]


def test_validation_changes_nothing_that_training_can_see() -> None:
    with_valid = [report.loss_nats for report in steps(run(Budget(steps=12))[1])]
    without = [report.loss_nats for report in steps(run(Budget(steps=12), with_valid=False)[1])]
    assert with_valid == without


def test_patience_ends_a_run_that_gets_worse() -> None:
    """Random ids cannot be predicted: memorising them makes validation worse."""
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
    reports = list(train(state, data(), config=CONFIG, budget=Budget(steps=5)))
    assert isinstance(reports[-1], EndReport)
    assert not any(isinstance(report, StepReport) for report in reports)
    assert reports[-1].reason == "diverged"
    for name, parameter in state.model.named_parameters():
        torch.testing.assert_close(parameter, before[name], equal_nan=True)


def test_the_best_validation_is_the_lowest() -> None:
    state, reports = run(Budget(steps=40))
    scores = [report.nats_per_token for report in reports if isinstance(report, ValidationReport)]
    assert state.best_nats == min(scores)


def test_a_budget_by_the_clock_ends_and_reports_its_end() -> None:
    state, reports = run(Budget(minutes=0.2 / 60))
    assert isinstance(reports[-1], EndReport)
    assert reports[-1].reason == "budget"
    assert state.step > 0


def test_the_guess_of_the_last_validation_never_takes_the_time_for_training() -> None:
    clock = Clock(Budget(minutes=1), tokens_per_epoch=1, closing_tokens=1e9, elapsed_s=0.5)
    assert clock.fraction(0, 0) < 0.02
    assert clock.fraction(1, 10) < 0.02


def test_time_is_left_for_the_last_validation() -> None:
    clock = Clock(Budget(minutes=1), tokens_per_epoch=1, elapsed_s=50.0)
    assert clock.fraction(1, 10) < 1
    clock.closing_s = 12.0
    assert clock.fraction(1, 10) == 1


def test_epochs_after_the_first_begin_elsewhere_and_with_an_empty_state() -> None:
    epochs = Epochs(Streams(TRAIN, n_streams=4, window=8), shift=True, seed=3)
    state = fresh()
    reports = train(state, TrainingData(epochs, None, None), config=CONFIG, budget=Budget(epochs=2))
    for _ in range(7):
        next(reports)
    model = fresh().model
    model.load_state_dict(state.model.state_dict())
    inputs, targets = tensors(epochs[1][0])
    assert not np.array_equal(epochs[1][0].targets, epochs[0][0].targets)
    expected = F.cross_entropy(model(inputs)[0].flatten(0, 1), targets.flatten()).item()
    report = next(reports)
    assert isinstance(report, StepReport)
    assert report.loss_nats == pytest.approx(expected)


def test_a_run_by_the_clock_that_is_slower_than_planned_is_validated_three_times_all_the_same() -> None:
    looks = count()
    time = RunningTime(lambda: next(looks) / 1000)  # each look at this clock takes a millisecond
    config = replace(CONFIG, evaluate_every=10**9)
    reports = train(fresh(config), data(), config=config, budget=Budget(minutes=0.2 / 60), time=time)
    assert sum(isinstance(report, ValidationReport) for report in reports) == 3


def test_when_validation_happens_does_not_change_the_weights() -> None:
    weights = []
    for every in (1, 7, 10**9):
        state, _ = run(Budget(steps=21), replace(CONFIG, evaluate_every=every))
        weights.append([parameter.detach().clone() for parameter in state.model.parameters()])
    for other in weights[1:]:
        assert all(torch.equal(one, two) for one, two in zip(weights[0], other, strict=True))
