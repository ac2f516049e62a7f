"""The thread count follows the load of the machine, and only where bytes need not repeat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from seqgen.config import Budget
from seqgen.training.threads import ThreadTuner
from tests import tiny

QUIET = {4: 0.1, 3: 0.13, 2: 0.2, 1: 0.4}
"""Seconds that a step takes with so many threads."""
BUSY = {4: 0.8, 3: 0.2, 2: 0.3, 1: 0.5}


def take_steps(tuner: ThreadTuner, costs: dict[int, float], *, seconds: float) -> set[int]:
    """Take steps for some seconds; returns the thread counts that were in use."""
    used: set[int] = set()
    while seconds > 0:
        used.add(tuner.in_use)
        step_s = costs[tuner.in_use]
        tuner.after_step(step_s)
        seconds -= step_s
    return used


@pytest.fixture
def tuner() -> ThreadTuner:
    return ThreadTuner(most=4, set_threads=lambda n_threads: None)


def test_on_a_quiet_machine_all_threads_train_and_no_other_count_is_tried_again(tuner: ThreadTuner) -> None:
    take_steps(tuner, QUIET, seconds=10)
    assert tuner.n_threads == 4
    assert take_steps(tuner, QUIET, seconds=100) == {4}


def test_a_machine_that_is_busy_from_the_beginning_gets_the_fastest_count(tuner: ThreadTuner) -> None:
    take_steps(tuner, BUSY, seconds=20)
    assert tuner.n_threads == 3


def test_a_machine_that_becomes_busy_gets_fewer_threads_and_all_of_them_when_it_is_free_again(
    tuner: ThreadTuner,
) -> None:
    take_steps(tuner, QUIET, seconds=20)
    take_steps(tuner, BUSY, seconds=20)
    assert tuner.n_threads == 3
    take_steps(tuner, QUIET, seconds=60)
    assert tuner.n_threads == 4


def test_a_small_difference_is_no_reason_to_use_fewer_threads(tuner: ThreadTuner) -> None:
    take_steps(tuner, {4: 0.1, 3: 0.097, 2: 0.2, 1: 0.4}, seconds=60)
    assert tuner.n_threads == 4


def test_one_core_has_nothing_to_choose() -> None:
    chosen: list[int] = []
    take_steps(ThreadTuner(most=1, set_threads=chosen.append), {1: 0.1}, seconds=60)
    assert chosen == []


@pytest.mark.parametrize(
    ("budget", "is_tuned"), [(Budget(minutes=0.02), True), (Budget(steps=3), False), (Budget(epochs=0.1), False)]
)
def test_only_budgets_in_minutes_change_the_thread_count(
    budget: Budget, is_tuned: bool, tmp_path: Path, all_threads: Callable[[], list[int]]
) -> None:
    session = tiny.start(tmp_path / "run", budget=budget)
    for _ in session.reports():
        pass
    assert bool(all_threads()) == is_tuned
    assert torch.get_num_threads() == 3


@pytest.fixture
def all_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[int]]]:
    """Three threads; returns the thread counts that training has set."""
    chosen: list[int] = []
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    set_threads = torch.set_num_threads

    def note_and_set(number: int) -> None:
        chosen.append(number)
        set_threads(number)

    monkeypatch.setattr("torch.set_num_threads", note_and_set)
    yield lambda: chosen
    set_threads(before)
