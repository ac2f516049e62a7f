"""The training clock stands still while the process does: a stopped process loses none of its budget."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from seqgen.config import Budget
from seqgen.run import EndReport, Report, StepReport
from seqgen.training import Session
from seqgen.training.running_time import RunningTime
from seqgen.training.schedule import Clock
from seqgen.training.threads import ThreadTuner
from seqgen.training.trainer import train
from tests import tiny
from tests.training.trainer import CONFIG, data, fresh

STEP = StepReport(step=1, n_tokens=9, loss_nats=1.0, grad_norm=1.0, rate_share=1.0, elapsed_s=0.1, fraction=0.1)


class FakeTime:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.running = RunningTime(lambda: self.seconds)

    def work(self, seconds: float) -> None:
        """The process runs for so long, and its beats are heard."""
        for _ in range(round(4 * seconds)):
            self.seconds += 0.25
            self.running.now()

    def stand_still(self, seconds: float) -> None:
        """The process is stopped for so long, and nothing is heard."""
        self.seconds += seconds


@pytest.fixture
def time() -> Iterator[FakeTime]:
    fake = FakeTime()
    with fake.running.beating():
        yield fake


def test_time_in_which_the_process_stood_still_is_not_counted(time: FakeTime) -> None:
    started = time.running.now()
    time.work(3)
    time.stand_still(200)
    time.work(2)
    assert time.running.now() - started == pytest.approx(5, abs=0.5)
    assert time.running.paused_s == pytest.approx(200, abs=0.5)


def test_a_long_step_is_no_pause(time: FakeTime) -> None:
    started = time.running.now()
    time.work(120)
    assert time.running.now() - started == 120
    assert time.running.paused_s == 0


def test_a_beat_that_a_busy_machine_delays_is_no_pause(time: FakeTime) -> None:
    time.stand_still(3)
    assert time.running.now() == 1003


def test_gaps_are_counted_where_nothing_beats() -> None:
    fake = FakeTime()
    fake.stand_still(200)
    assert fake.running.now() == 1200


def test_a_pause_takes_nothing_from_a_budget_by_the_clock(time: FakeTime) -> None:
    clock = Clock(Budget(minutes=2), tokens_per_epoch=1, elapsed_s=30.0, time=time.running)
    time.work(30)
    time.stand_still(3600)
    assert clock.fraction(1, 10) == pytest.approx(0.5, abs=0.01)


def test_training_goes_on_after_a_pause_and_reports_no_second_of_it(time: FakeTime) -> None:
    reports = train(fresh(), data(), config=CONFIG, budget=Budget(minutes=1), time=time.running)
    next(reports)
    time.stand_still(3600)
    report = next(reports)
    assert isinstance(report, StepReport)
    assert (report.elapsed_s, report.fraction) == (0.0, 0.0)


def test_a_pause_within_a_step_does_not_make_it_a_slow_one(time: FakeTime) -> None:
    tuner = ThreadTuner(most=2, set_threads=lambda n_threads: None)

    def steps() -> Iterator[Report]:
        for number in range(300):
            time.work(0.25)
            if number == 200:
                time.stand_still(3600)
            yield STEP

    tried = [tuner.is_trying for _ in tuner.timed(steps(), time.running)]
    assert not any(tried[100:])


def test_a_resumed_run_goes_on_with_the_time_that_the_pauses_left_it(tmp_path: Path) -> None:
    session, fake = tiny.start(tmp_path / "run", budget=Budget(minutes=1)), FakeTime()
    session._time = fake.running
    reports = session.reports()
    next(reports)
    fake.stand_still(3600)
    next(reports)
    assert (session.paused_s, session.elapsed_s) == (3600, 0.0)
    session.save()
    session.close()
    resumed, later = Session.resume(session.folder), FakeTime()
    resumed._time = later.running
    reports = resumed.reports()
    assert isinstance(next(reports), StepReport)
    later.work(61)
    *_, end = reports
    assert isinstance(end, EndReport)
    assert end.elapsed_s == 61
