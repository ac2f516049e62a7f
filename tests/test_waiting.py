"""Long work says what it is and how far it is, to whoever watches, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seqgen.config import Budget, CorpusConfig
from seqgen.evaluation import ScoredReading, TextSelection, baselines_of, find_copies, forecast, readings
from seqgen.run import open_model
from seqgen.training import Session, TrainingRequest
from seqgen.waiting import Wait, counted, one_by_one, waiting, watched
from tests import tiny


def test_the_innermost_work_is_told_and_the_outer_again_when_it_has_ended() -> None:
    told: list[Wait | None] = []
    with watched(told.append), waiting("outer", total=2) as outer:
        with waiting("inner"):
            pass
        outer.advance()
    assert told == [Wait("outer", 0, 2), Wait("inner"), Wait("outer", 0, 2), Wait("outer", 1, 2), None]


def test_work_that_fails_has_ended() -> None:
    told: list[Wait | None] = []
    with watched(told.append), pytest.raises(ValueError, match="bad"), waiting("work"):
        raise ValueError("bad")
    assert told == [Wait("work"), None]


def test_an_inner_watcher_hears_what_an_outer_one_does_not() -> None:
    outer: list[Wait | None] = []
    inner: list[Wait | None] = []
    with watched(outer.append):
        with watched(inner.append), waiting("a"):
            pass
        with watched(None), waiting("b"):
            pass
    assert (inner, outer) == ([Wait("a"), None], [])


def test_a_reader_that_leaves_early_ends_the_work() -> None:
    told: list[Wait | None] = []
    with watched(told.append):
        chunks = counted(["abc", "de"], "reading", total=5, size=len)
        next(chunks)
        chunks.close()  # type: ignore[attr-defined]
    assert told == [Wait("reading", 0, 5), Wait("reading", 3, 5), None]


def test_nothing_to_do_one_by_one_is_no_error() -> None:
    with watched(lambda _: None):
        assert list(one_by_one([], str)) == []


def told_by(work: Callable[[], object]) -> list[str]:
    """What the work says that it does, each thing once."""
    told: list[str] = []
    with watched(lambda wait: told.append(wait.what) if wait is not None else None):
        work()
    return list(dict.fromkeys(told))


def request(**options: object) -> TrainingRequest:
    settings = {"n_streams": 4, "window": 16, "d_model": 16, "precision": "float32"}
    given = {"corpus": CorpusConfig(paths=("story.txt",)), "settings": settings, "device": "cpu", **options}
    return TrainingRequest(**given)  # type: ignore[arg-type]


@pytest.fixture
def workshop(run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a text, and the run that was trained on the same text."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("seqgen.evaluation.neural_baselines._MAX_PREDICTIONS", 2_000)
    Path("story.txt").write_text(tiny.TEXT, encoding="utf-8")
    return run_folder


def test_planning_says_which_model_is_timed_and_how_many_there_are(workshop: Path) -> None:
    told = told_by(lambda: forecast(request(cell="gru", budget=Budget(minutes=1))))
    assert "timing gru 1x16, 1 of 1" in told
    assert "counting 7-grams" in told


def test_a_new_run_says_that_it_reads_and_encodes(workshop: Path) -> None:
    told = told_by(lambda: Session.start(request(budget=Budget(steps=1), folder=Path("run"))).close())
    assert told == ["reading story.txt", "making the vocabulary", "encoding the text", "building the model"]


def test_training_says_that_it_takes_its_first_step_and_that_it_validates(workshop: Path) -> None:
    session = Session.start(request(budget=Budget(steps=2), folder=Path("run")))
    assert told_by(lambda: list(session.reports())) == ["taking the first step, of 64 tokens", "validating"]


def test_scoring_and_every_baseline_are_named(workshop: Path) -> None:
    (reading,) = readings(open_model(workshop), TextSelection())
    rows: list[ScoredReading] = []
    assert told_by(lambda: rows.append(ScoredReading.of(reading))) == ["scoring tiny.txt (valid)"]
    told = told_by(lambda: list(baselines_of(rows)))
    for what in ("counting 2-grams", "training the bag of 64 tokens", "compressing with xz -9e, 3 of 4"):
        assert what in told


def test_scoring_ends_where_its_end_was_said_to_be(workshop: Path) -> None:
    (reading,) = readings(open_model(workshop), TextSelection())
    told: list[Wait | None] = []
    with watched(told.append):
        reading.score()
    last = told[-2]
    assert last is not None
    assert last.done == last.total == len(reading.encoded.ids)


def test_looking_for_copies_is_said_step_by_step(workshop: Path) -> None:
    told = told_by(lambda: find_copies(open_model(workshop), n_samples=1))
    assert told[-4:] == [
        "writing",
        "reading the prompt",
        "indexing the training text",
        "looking the text up in the training text",
    ]
