"""How fast pairs are learned from, with steps that move a clock instead of learning."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from seqgen.config import Budget
from seqgen.corpus import Batch
from seqgen.training.pairs import prepare_pairs
from seqgen.training.planning import pair_throughput, timing
from seqgen.training.planning.pair_planner import PairPlanner
from seqgen.training.planning.pair_problem import PairProblem
from seqgen.training.planning.pair_throughput import PairThroughput, measure_pairs
from seqgen.training.planning.resolve_pairs import resolve_pairs
from seqgen.training.planning.timing import UNSTEADY_NOTE
from seqgen.training.request import TrainingRequest
from tests import tiny_pairs

CPU = torch.device("cpu")


@pytest.fixture
def asked(tmp_path: Path) -> TrainingRequest:
    return tiny_pairs.request(tmp_path / "run", budget=Budget(minutes=1))


def measured(request: TrainingRequest, step_s: Callable[[Batch, int], float], monkeypatch: pytest.MonkeyPatch) -> Any:
    """What is measured if the nth step on a batch, counted from 0, takes `step_s(batch, n)`; and the steps."""
    now, n_seen, steps = [0.0], dict[bytes, int](), list[Batch]()
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=lambda: now[0]))

    def step(state: object, batch: Batch, **options: object) -> None:
        key = batch.targets.tobytes()
        now[0] += step_s(batch, n_seen.get(key, 0))
        n_seen[key] = n_seen.get(key, 0) + 1
        steps.append(batch)

    monkeypatch.setattr(pair_throughput, "take_step", step)
    prepared = prepare_pairs(request)
    resolved = resolve_pairs("lstm", PairProblem.of(request, prepared.facts))
    return measure_pairs(resolved, prepared.streams(resolved.training).train[0], device=CPU), steps


def test_the_first_step_on_each_batch_is_not_counted(asked: TrainingRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    slow_at_first, _ = measured(asked, lambda batch, n: len(batch.inputs) * (0.1 if n else 30.0), monkeypatch)
    assert slow_at_first.pairs_per_s == pytest.approx(10)
    assert slow_at_first.spread == pytest.approx(1)


def test_one_interrupted_pass_does_not_count(asked: TrainingRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    throughput, _ = measured(asked, lambda batch, n: len(batch.inputs) * (5.0 if n == 2 else 0.1), monkeypatch)
    assert throughput.pairs_per_s == pytest.approx(10)
    assert throughput.spread == pytest.approx(50)


def test_slow_steps_are_timed_on_two_batches_and_fast_ones_on_all(
    asked: TrainingRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    n_batches = [
        len({batch.targets.tobytes() for batch in measured(asked, lambda *_, s=s: s, monkeypatch)[1]})
        for s in (60.0, 0.001)
    ]
    assert n_batches == [2, 5]


def test_the_windows_of_a_long_target_are_timed_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    request = tiny_pairs.request(tmp_path / "run", settings={"window": 1})
    throughput, steps = measured(request, lambda batch, n: 1.0, monkeypatch)
    starts = [number for number, batch in enumerate(steps) if batch.starts_anew]
    n_windows = starts[1]
    assert n_windows > 2
    assert starts == [*range(0, len(steps), n_windows)]
    assert throughput.pairs_per_s == pytest.approx(8 / n_windows)


def planned_with(request: TrainingRequest, timings: list[PairThroughput], monkeypatch: pytest.MonkeyPatch) -> Any:
    left = iter(timings)
    monkeypatch.setattr("seqgen.training.planning.pair_planner.measure_pairs", lambda *_, **__: next(left))
    return PairPlanner.of(request, prepare_pairs(request), device=CPU)


def test_an_unsteady_timing_is_repeated_and_the_faster_one_counts(
    asked: TrainingRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    timings = [PairThroughput(pairs_per_s=rate, spread=2.0) for rate in (300.0, 900.0)]
    (candidate,) = planned_with(asked, timings, monkeypatch).candidates()
    assert candidate.pairs_per_s == 900
    assert candidate.was_repeated


def test_a_steady_timing_is_made_once(asked: TrainingRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    timings = [PairThroughput(pairs_per_s=300.0, spread=1.1)]
    (candidate,) = planned_with(asked, timings, monkeypatch).candidates()
    assert candidate.pairs_per_s == 300
    assert not candidate.was_repeated


def test_a_run_that_was_planned_on_a_busy_machine_says_so(
    asked: TrainingRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    timings = [PairThroughput(pairs_per_s=300.0, spread=2.0)] * 2
    assert UNSTEADY_NOTE in planned_with(asked, timings, monkeypatch).choose().notes


def test_timing_leaves_the_random_state_as_it_was(asked: TrainingRequest) -> None:
    prepared = prepare_pairs(asked)
    resolved = resolve_pairs("lstm", PairProblem.of(asked, prepared.facts))
    before = torch.get_rng_state()
    assert measure_pairs(resolved, prepared.streams(resolved.training).train[0], device=CPU).pairs_per_s > 0
    assert torch.equal(torch.get_rng_state(), before)
