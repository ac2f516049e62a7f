"""When everything is saved: by the clock, at most a minute apart unless that would take more than 2 % of the time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seqgen.config import Budget
from seqgen.run import LAST_FILE, load_checkpoint
from seqgen.training import Session, StepReport
from seqgen.training.process_group import ProcessGroup
from seqgen.training.running_time import RunningTime
from seqgen.training.save_schedule import MOST_SHARE, SaveSchedule
from seqgen.training.saver import Saver
from tests import tiny, tiny_pairs


class Clock:
    """Seconds that pass only where a test says so."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.running = RunningTime(lambda: self.seconds)

    def schedule(self, every_s: float = 60.0) -> SaveSchedule:
        return SaveSchedule(every_s, time=self.running)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def due_at(schedule: SaveSchedule, clock: Clock) -> float:
    """How many seconds from now, the next save is due."""
    now = clock.seconds
    while not schedule.is_due:
        clock.seconds += 0.5
    waited, clock.seconds = clock.seconds - now, now
    return waited


def save(schedule: SaveSchedule, clock: Clock, *, took_s: float) -> None:
    with schedule.timing():
        clock.seconds += took_s


def test_a_quick_save_comes_as_often_as_it_was_asked_for(clock: Clock) -> None:
    schedule = clock.schedule(30)
    assert due_at(schedule, clock) == 30
    clock.seconds += 30
    save(schedule, clock, took_s=0.5)
    assert due_at(schedule, clock) == 29.5
    assert not schedule.is_stretched


def test_saving_takes_two_percent_of_the_time_at_most(clock: Clock) -> None:
    schedule, saving_s, began = clock.schedule(), 0.0, clock.seconds
    for _ in range(20):
        clock.seconds += due_at(schedule, clock)
        save(schedule, clock, took_s=4)
        saving_s += 4
    assert schedule.is_stretched
    assert schedule.interval_s == 200
    assert saving_s / (clock.seconds - began) == pytest.approx(MOST_SHARE, rel=0.1)


@pytest.mark.parametrize("took_s", [[50], [0.1, 50], [50, 0.1]])
def test_a_disk_that_was_busy_once_does_not_make_saves_rare(took_s: list[float], clock: Clock) -> None:
    schedule = clock.schedule()
    for seconds in took_s:
        save(schedule, clock, took_s=seconds)
    assert schedule.interval_s == 60


def test_a_failed_save_is_tried_again_after_the_same_time(clock: Clock) -> None:
    schedule = clock.schedule()
    for _ in range(2):
        with pytest.raises(OSError, match="full"), schedule.timing():
            clock.seconds += 3
            raise OSError("full")
    assert due_at(schedule, clock) == 147


def test_a_process_that_stood_still_in_a_save_does_not_take_it_for_a_slow_one(clock: Clock) -> None:
    schedule = clock.schedule()
    with clock.running.beating():
        for _ in range(2):
            save(schedule, clock, took_s=600)
    assert schedule.took_s == 0


@pytest.mark.parametrize("start", [tiny.start, tiny_pairs.start], ids=["text", "pairs"])
def test_a_run_of_texts_or_pairs_is_saved_by_the_clock_of_its_session(
    start: Callable[..., Session], tmp_path: Path, clock: Clock
) -> None:
    session = start(tmp_path / "run", budget=Budget(steps=8), settings={"evaluate_every": 100})
    schedule = session.save_schedule
    schedule._time, schedule._began_at = clock.running, clock.seconds
    saved_at = []
    for report in session.reports():
        clock.seconds += 25
        if isinstance(report, StepReport):
            path = session.folder / LAST_FILE
            saved_at.append(load_checkpoint(session.folder).record.progress.step if path.exists() else 0)
    assert saved_at == [0, 0, 0, 4, 4, 4, 7, 7]


def test_a_resumed_run_may_be_saved_more_often_and_its_record_does_not_keep_it(tmp_path: Path) -> None:
    folder = tiny.trained(tmp_path / "run")
    session = Session.resume(folder, device="cpu", save_every_s=7)
    assert session.save_schedule.every_s == 7
    assert "save_every" not in str(session.record.to_json())
    session.close()
    assert Session.resume(folder, device="cpu").save_schedule.every_s == 60


def test_all_processes_do_what_the_first_one_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved: list[None] = []
    session = tiny.start(tmp_path / "run")
    monkeypatch.setattr(Saver, "_write", lambda self, arrays: saved.append(None))
    for is_due_there in (0.0, 1.0):
        monkeypatch.setattr(SaveSchedule, "is_due", not is_due_there)
        monkeypatch.setattr(ProcessGroup, "broadcast", lambda self, own, there=is_due_there: there)
        session._saver.save_if_due()
        assert len(saved) == is_due_there
