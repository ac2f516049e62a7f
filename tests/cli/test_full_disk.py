"""A disk without space gets one clear line, and no file is left half written."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seqgen.run import MODEL_FILE, open_model
from tests.cli.one_line import TINY, assert_one_line, run
from tests.tiny import TEXT


@pytest.fixture
def workshop(run_folder: Path, tmp_path: Path) -> Path:
    """A folder with a text and a run."""
    folder = tmp_path / "workshop"
    shutil.copytree(run_folder, folder / "run")
    (folder / "story.txt").write_text(TEXT, encoding="utf-8")
    return folder


def full_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the moment that this path is there, nothing more fits on the disk."""
    fsync = os.fsync

    def fsync_or_not(handle: int) -> None:
        if path.exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", fsync_or_not)


@pytest.mark.parametrize("command", [f"train story.txt --out new {TINY}", "tokenize story.txt"])
def test_a_disk_too_full_for_the_text_leaves_nothing(
    command: str, workshop: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workshop)
    full_once(workshop, monkeypatch)
    assert_one_line(run(*command.split()), "cache|No space left")
    assert not (workshop / "new").exists()
    assert not [path for path in own_cache.rglob("*") if path.is_file()]


def test_a_disk_too_full_for_the_model_leaves_no_run(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workshop)
    full_once(workshop / "new", monkeypatch)
    assert_one_line(run("train", "story.txt", "--out", "new", *TINY.split()), f"new/{MODEL_FILE}|No space left")
    assert not (workshop / "new").exists()


def test_a_disk_that_fills_up_while_training_costs_no_model(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workshop)
    with monkeypatch.context() as patch:
        full_once(workshop / "filled" / MODEL_FILE, patch)
        result = run("train", "story.txt", "--out", "filled", *TINY.split())
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert [line for line in result.stderr.splitlines() if line.startswith("seqgen: ") and "No space left" in line]
    assert open_model("filled").record.progress.step == 0
    shutil.rmtree("filled")


def test_reports_that_no_longer_fit_on_the_disk_get_one_line(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workshop)
    open_ = Path.open

    def open_or_not(path: Path, mode: str = "r", **options: object) -> object:
        if "a" in mode:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return open_(path, mode, **options)  # type: ignore[call-overload]

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", open_or_not)
        result = run("train", "story.txt", "--out", "unreported", *TINY.split())
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert result.stderr.splitlines()[-1].startswith("seqgen: unreported/metrics.jsonl")
    assert open_model("unreported").record.progress.step == 2
    shutil.rmtree("unreported")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("command", ["sample run --length 9 --seed 0", "info run", "corpus list"])
def test_a_result_that_no_longer_fits_on_the_disk_gets_one_line(command: str, workshop: Path) -> None:
    with Path("/dev/full").open("w") as full:
        line = [sys.executable, "-m", "seqgen", *command.split()]
        result = subprocess.run(line, stdout=full, stderr=subprocess.PIPE, text=True, cwd=workshop, check=False)
    lines = [line for line in result.stderr.splitlines() if not line.startswith("model: ")]
    assert result.returncode == 1
    assert len(lines) == 1
    assert lines[0].startswith("seqgen: ")
    assert "No space left" in lines[0]
