"""A training run that cannot save for a while says so once, continues, and says once that it saves again."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqgen.cli import app
from seqgen.run import load_checkpoint
from seqgen.training import saver

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
    monkeypatch.setattr(saver, "_SAVE_EVERY_S", -1.0)
    monkeypatch.setattr(saver.Saver, "save_if_due", save_and_fill)
    monkeypatch.setattr(os, "fsync", full_for_a_while)
    result = CliRunner().invoke(app, ["train", str(story), *SHAPE, "--steps", "12", "--out", "run"])
    assert result.exit_code == 0, result.stderr
    assert result.stderr.count("not saved, but training continues: ") == 1
    assert result.stderr.count("No space left on device") == 1
    assert result.stderr.count("the problem is over") == 1
    assert load_checkpoint(Path("run")).record.progress.step == 12
