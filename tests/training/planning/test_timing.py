"""Timing of repeated work, by a clock that the work itself moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import SimpleNamespace

import pytest
import torch

from seqgen.training.planning import timing
from seqgen.training.planning.timing import times_of

CPU = torch.device("cpu")


def work_that_takes(seconds: Iterable[float], monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Work that moves the clock by one number of seconds after the other."""
    now, left = [0.0], iter(seconds)
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=lambda: now[0]))

    def work() -> None:
        now[0] += next(left)

    return work


def test_the_first_time_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert times_of(work_that_takes([9.0, 1.0, 2.0, 1.0], monkeypatch), CPU) == [1.0, 2.0, 1.0]


def test_warm_work_is_counted_from_its_first_time_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert times_of(work_that_takes([3.0, 1.0, 2.0], monkeypatch), CPU, is_warm=True) == [3.0, 1.0, 2.0]


def test_short_work_is_timed_more_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "_MEASURE_S", 0.1)
    assert len(times_of(work_that_takes([0.03125] * 9, monkeypatch), CPU)) == 4
