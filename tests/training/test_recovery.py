"""Losses and gradients that go wrong: the window is skipped, then training goes back, and at last it ends."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
import pytest
import torch
from torch import nn

from seqgen.config import Budget, Cell
from seqgen.corpus import Streams
from seqgen.errors import RunError
from seqgen.models import read_weights
from seqgen.run import (
    LAST_FILE,
    EndReport,
    Report,
    SetbackReport,
    SkipReport,
    StepReport,
    ValidationReport,
    load_checkpoint,
)
from seqgen.training import Session
from seqgen.training.recovery import MOST_SETBACKS, MOST_SKIPPED, Recovery
from seqgen.training.schedule import Clock
from seqgen.training.state import TrainingData
from seqgen.training.trainer import train
from seqgen.training.validation import validate
from tests import tiny
from tests.tiny import metrics_lines
from tests.training.trainer import CONFIG, VALID, V, data, fresh, run


def broken(state: Any, at: Callable[[int], bool]) -> list[Report]:
    """Train 20 steps on windows whose loss is NaN where `at` says so of the number of the call."""
    objective, calls = state.objective, [0]

    def call(*arguments: Any, **options: Any) -> Any:
        calls[0] += 1
        loss, nats, carried = objective(*arguments, **options)
        return (loss, nats * math.nan, carried) if at(calls[0]) else (loss, nats, carried)

    state.objective = call
    return list(train(state, data(), config=CONFIG, budget=Budget(steps=20)))


def kinds(reports: list[Report]) -> list[str]:
    return [type(report).__name__ for report in reports if not isinstance(report, StepReport | ValidationReport)]


def step_report(loss: float) -> StepReport:
    return StepReport(step=1, n_tokens=9, loss_nats=loss, grad_norm=1.0, rate_share=1.0, elapsed_s=0.1, fraction=0.1)


def test_a_window_without_a_loss_is_skipped_and_the_budget_of_steps_is_spent_all_the_same() -> None:
    reports = broken(fresh(), lambda call: call == 7)
    assert kinds(reports) == ["SkipReport", "EndReport"]
    assert [(report.step, report.cause) for report in reports if isinstance(report, SkipReport)] == [(6, "loss")]
    assert reports[-1].step == 20


def test_a_skipped_window_changes_neither_weights_nor_the_carried_state() -> None:
    whole, skipped = fresh(), fresh()
    list(train(whole, data(), config=CONFIG, budget=Budget(steps=1)))
    reports = train(skipped, data(), config=CONFIG, budget=Budget(steps=1))
    for report in reports:
        if isinstance(report, StepReport):
            break
    weights, carried = read_weights(skipped.model), skipped.carried
    no_loss = (torch.zeros((), requires_grad=True), torch.tensor(math.nan), None)
    skipped.objective = cast(nn.Module, lambda *_, **__: no_loss)
    state_after = [next(reports) for _ in range(1)]
    assert not isinstance(state_after[0], StepReport)
    for name, array in read_weights(skipped.model).items():
        np.testing.assert_array_equal(array, weights[name])
    assert skipped.carried is carried


def test_three_skipped_windows_in_a_row_bring_training_back_at_half_the_rates() -> None:
    state = fresh()
    reports = broken(state, lambda call: call in (12, 13, 14))
    assert kinds(reports) == ["SkipReport"] * MOST_SKIPPED + ["SetbackReport", "EndReport"]
    setback = next(report for report in reports if isinstance(report, SetbackReport))
    assert (setback.step, setback.good_step, setback.rate_share) == (11, 10, 0.5)  # validated every 5 steps
    shares = {report.step: report.rate_share for report in reports if isinstance(report, StepReport)}
    assert shares[12] < 0.52 * shares[11]
    assert state.n_setbacks == 1


def test_a_setback_restores_weights_optimizers_average_and_place() -> None:
    state = fresh()
    assert state.average is not None
    reports = train(state, data(), config=CONFIG, budget=Budget(steps=20))
    seen: list[Any] = []
    for report in reports:
        if isinstance(report, ValidationReport):
            seen = [read_weights(state.model), state.window, state.epoch, [w.clone() for w in state.average.weights]]
        if state.step == 8 and isinstance(report, StepReport):
            break
    for parameter in state.model.parameters():
        parameter.data.fill_(math.nan)
    for report in reports:
        if isinstance(report, SetbackReport):
            break
    weights, window, epoch, average = seen
    for name, array in read_weights(state.model).items():
        np.testing.assert_array_equal(array, weights[name])
    assert (state.window, state.epoch) == (window, epoch)
    assert all(torch.equal(now, then) for now, then in zip(state.average.weights, average, strict=True))


def test_training_that_goes_wrong_after_the_last_setback_ends() -> None:
    reports = broken(fresh(), lambda call: call > 5)
    assert kinds(reports).count("SetbackReport") == MOST_SETBACKS
    assert isinstance(reports[-1], EndReport)
    assert reports[-1].reason == "diverged"


def test_a_loss_that_stays_high_is_a_setback_and_a_short_spike_is_none() -> None:
    recovery = Recovery(fresh())
    noise = np.random.default_rng(0).normal(2.0, 0.05, 400)
    assert not any(recovery.is_needed_after(step_report(loss)) for loss in noise)
    assert not any(recovery.is_needed_after(step_report(loss)) for loss in [3.0] * 20 + [2.0] + [3.0] * 20)
    assert recovery.is_needed_after(step_report(2.0)) is False
    assert any(recovery.is_needed_after(step_report(3.0)) for _ in range(40))


def test_a_high_loss_after_the_last_setback_is_taken_for_the_texts_own() -> None:
    state = fresh()
    state.n_setbacks = MOST_SETBACKS
    recovery = Recovery(state)
    assert not any(recovery.is_needed_after(step_report(loss)) for loss in [2.0] * 200 + [4.0] * 200)


def test_the_state_is_not_taken_for_good_while_its_losses_are_too_high() -> None:
    state = fresh()
    recovery = Recovery(state)
    for loss in [2.0] * 200 + [9.0]:
        recovery.is_needed_after(step_report(loss))
    state.window = 7
    recovery.remember()
    recovery.go_back()
    assert state.window == 0


def test_a_weight_that_is_no_number_is_a_setback_though_no_loss_shows_it() -> None:
    state = fresh()
    recovery, parameter = Recovery(state), next(state.model.parameters())
    parameter.data.view(-1)[0] = math.nan
    recovery.remember()
    assert recovery.is_needed_after(step_report(2.0))
    recovery.go_back()
    assert bool(parameter.isfinite().all())
    assert not recovery.is_needed_after(step_report(2.0))


@pytest.mark.parametrize("number", [math.inf, math.nan])
def test_what_an_optimizer_remembers_and_is_no_number_is_a_setback_though_all_weights_are(number: float) -> None:
    state, _ = run(Budget(steps=2))
    recovery, memory = Recovery(state), next(iter(state.optimizers[0].memory.values()))
    memory["exp_avg_sq"].view(-1)[0] = number
    recovery.remember()
    assert recovery.is_needed_after(step_report(2.0))
    recovery.go_back()
    assert all(tensor.isfinite().all() for tensor in next(iter(state.optimizers[0].memory.values())).values())


def test_a_model_with_a_weight_that_is_no_number_is_not_the_best_though_it_scores_well() -> None:
    state, clock = fresh(), Clock(Budget(steps=9), tokens_per_epoch=200)
    without_last_token = Streams(np.minimum(VALID, V - 2), n_streams=2, window=16)
    whole = TrainingData(data().train, without_last_token, None)
    state.model.get_parameter("embedding.weight").data[V - 1] = math.nan
    (report,) = validate(state, whole, config=CONFIG, clock=clock)
    assert math.isfinite(report.nats_per_token)
    assert not report.is_best


def test_a_weight_that_only_the_last_validation_shows_to_be_no_number_leads_back_as_well() -> None:
    state, reports = fresh(), list[Report]()
    for report in train(state, data(), config=CONFIG, budget=Budget(steps=8)):
        reports.append(report)
        if isinstance(report, StepReport) and report.step == 8:
            state.model.get_parameter("embedding.weight").data[0] = math.nan  # of a token that no text has
    assert kinds(reports) == ["SetbackReport", "EndReport"]
    assert [(report.step, report.good_step) for report in reports if isinstance(report, SetbackReport)] == [(8, 5)]
    assert all(np.isfinite(array).all() for array in read_weights(state.model).values())


def test_a_weight_that_is_no_number_is_never_saved(tmp_path: Path) -> None:
    session = tiny.start(tmp_path / "run")
    next(iter(session.reports()))
    session.save()
    before = (tmp_path / "run" / LAST_FILE).read_bytes()
    next(session.state.model.parameters()).data.view(-1)[0] = math.nan
    with pytest.raises(RunError, match=r"^model\..* holds infinity or NaN.*before with seqgen train --resume .*run$"):
        session.save()
    assert (tmp_path / "run" / LAST_FILE).read_bytes() == before
    session.close()


def test_what_an_optimizer_remembers_and_is_no_number_is_never_saved(tmp_path: Path) -> None:
    session = tiny.start(tmp_path / "run")
    next(iter(session.reports()))
    next(iter(session.state.optimizers[0].memory.values()))["exp_avg"].fill_(math.inf)
    with pytest.raises(RunError, match=r"^optimizer\.0\.0\.exp_avg holds infinity or NaN, so nothing was saved"):
        session.save()
    assert not (tmp_path / "run" / LAST_FILE).exists()
    assert [line["step"] for line in metrics_lines(tmp_path / "run")] == [1]
    session.close()


@pytest.mark.parametrize("cell", get_args(Cell))
def test_an_absurd_rate_ends_with_a_finite_model_or_a_clear_end(cell: Cell, tmp_path: Path) -> None:
    session = tiny.start(
        tmp_path / "run", cell=cell, settings={"learning_rate": 1e6, "muon_rate": 1e6, "warmup_steps": 0}
    )
    reports = list(session.reports())
    end = reports[-1]
    assert isinstance(end, EndReport)
    assert all(np.isfinite(array).all() for array in read_weights(session.state.model).values())
    best = [report for report in reports if isinstance(report, ValidationReport) and report.is_best]
    assert all(math.isfinite(report.nats_per_token) for report in best)


def test_the_number_of_setbacks_is_saved(tmp_path: Path) -> None:
    session = tiny.start(tmp_path / "run")
    next(iter(session.reports()))
    session.state.n_setbacks = 2
    session.save()
    session.close()
    assert int(load_checkpoint(tmp_path / "run").tensors["counter.n_setbacks"]) == 2
    assert Session.resume(tmp_path / "run").state.n_setbacks == 2
