"""What a training run says about its saves: each thing once."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from seqgen.cli import app
from seqgen.cli.train.save_news import SaveNews
from seqgen.errors import RunError
from seqgen.run import load_checkpoint
from seqgen.training import Session, saver
from seqgen.training.save_schedule import SaveSchedule

SHAPE = ["--cell", "rnn", "--width", "16", "--streams", "4", "--window", "16", "--device", "cpu"]


def test_failed_saves_are_told_once_and_do_not_end_the_training(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsync, state = os.fsync, {"n_left": -1}

    def full_for_a_while(handle: int) -> None:
        if state["n_left"] > 0:
            state["n_left"] -= 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(handle)

    def save_and_fill(self: saver.Saver) -> None:
        save(self)
        if state["n_left"] < 0:
            state["n_left"] = 5  # five saves fail after the first one

    save = saver.Saver.save_if_due
    monkeypatch.setattr(SaveSchedule, "is_due", True)
    monkeypatch.setattr(saver.Saver, "save_if_due", save_and_fill)
    monkeypatch.setattr(os, "fsync", full_for_a_while)
    result = CliRunner().invoke(app, ["train", str(story), *SHAPE, "--steps", "12", "--out", "run"])
    assert result.exit_code == 0, result.stderr
    assert result.stderr.count("not saved, but training continues: ") == 1
    assert result.stderr.count("No space left on device") == 1
    assert result.stderr.count("saved in run again\n") == 1
    assert load_checkpoint(Path("run")).record.progress.step == 12


def test_saves_that_take_long_become_rarer_which_is_told_once(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def take_long(self: SaveSchedule) -> Iterator[None]:
        yield
        self._took_s.append(3.0)

    monkeypatch.setattr(SaveSchedule, "is_due", True)
    monkeypatch.setattr(SaveSchedule, "timing", take_long)
    options = [*SHAPE, "--steps", "6", "--out", "run", "--save-every", "1m"]
    result = CliRunner().invoke(app, ["train", str(story), *options])
    told = "a save takes 3s, so there is one every 2m 30s and not every 1m 00s: "
    assert result.stderr.count(told) == 1, result.stderr
    assert result.stderr.count("more than 2% of the time") == 1


def test_save_every_may_be_given_with_resume_and_must_be_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []

    def resume(folder: Path, **options: Any) -> Session:
        told.append(options["save_every_s"])
        raise RunError("that is enough")

    monkeypatch.setattr(Session, "resume", resume)
    CliRunner().invoke(app, ["train", "--resume", "run", "--save-every", "2m"])
    assert told == [120]
    for words in (["--resume", "run"], ["text.txt"]):
        result = CliRunner().invoke(app, ["train", *words, "--save-every", "never"])
        assert result.stderr == "seqgen: --save-every is 'never': it must be a time above 0, such as 30s, 5m or 1h\n"


def test_a_folder_that_vanishes_is_told_once_with_the_place_that_has_everything(
    story: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def save_and_delete(self: saver.Saver) -> None:
        shutil.rmtree("run", ignore_errors=True)
        save(self)

    save = saver.Saver.save_if_due
    monkeypatch.setattr(SaveSchedule, "is_due", True)
    monkeypatch.setattr(saver.Saver, "save_if_due", save_and_delete)
    result = CliRunner().invoke(app, ["train", str(story), *SHAPE, "--steps", "6", "--out", "run"])
    told = "run was moved or deleted while it was being trained"
    *_, before, last = [line for line in result.stderr.splitlines() if told in line]
    assert result.stderr.count(told) == 2
    assert before == f"{told}: the run is saved in run-rescued until it is back"
    assert last == f"seqgen: {told}; the run is saved in run-rescued: continue with seqgen train --resume run-rescued"
    assert result.exit_code == 1
    assert CliRunner().invoke(app, ["train", "--resume", "run-rescued", "--steps", "7"]).exit_code == 0


def test_a_folder_that_is_back_is_named_with_the_one_that_was_removed() -> None:
    schedule = SimpleNamespace(is_stretched=False)
    session: Any = SimpleNamespace(
        folder=Path("run"), saved_in=None, save_problem="run is gone", save_schedule=schedule
    )
    news = SaveNews(session)
    assert news.next() == "run is gone"
    session.saved_in = Path("run-rescued")
    assert news.next() is None
    session.saved_in, session.save_problem = session.folder, None
    assert news.next() == "saved in run again; run-rescued was removed"
