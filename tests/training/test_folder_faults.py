"""Every operation on files fails once, and the process is killed after each, where a run begins, resumes and ends."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from seqgen import run
from seqgen.errors import RunError
from seqgen.run import LOCK_FILE, METRICS_FILE, MODEL_FILE, open_model
from seqgen.training import open_run
from seqgen.training.prepared import Prepared
from seqgen.training.run_writer import begin_folder
from tests.faults import ERRORS, FileFaults, Killed

Action = Callable[[Path, Path], None]


def begin(folder: Path, run_folder: Path) -> None:
    model = open_model(run_folder)
    corpus = cast(Prepared, SimpleNamespace(tokenizer=model.tokenizer, source_tokenizer=None))
    begin_folder(folder, model.record, corpus, weights=model.weights).release()


def begin_to_resume(folder: Path, run_folder: Path) -> None:
    with open_run._locked(folder) as lock:
        assert lock is not None
        run.truncate_history(folder, 2)
        lock.release()


def amend(folder: Path, run_folder: Path) -> None:
    run.amend_model(folder / MODEL_FILE, temperature=0.5)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != LOCK_FILE}


def prepare(action: Action, folder: Path, run_folder: Path) -> dict[str, bytes]:
    """The folder before the action, and what is in it."""
    if action is begin:
        return {}
    shutil.copytree(run_folder, folder)
    return contents(folder)


@pytest.mark.parametrize("action", [begin, begin_to_resume, amend])
@pytest.mark.parametrize("error", [*ERRORS, None])
def test_the_next_try_succeeds_and_no_file_is_ever_half_written(
    error: str | None, action: Action, run_folder: Path, tmp_path: Path
) -> None:
    whole, faults = tmp_path / "whole", FileFaults()
    prepare(action, whole, run_folder)
    with faults.happening():
        action(whole, run_folder)
    expected = contents(whole)
    for number, name in enumerate(faults.names, 1):
        for is_short in (False, True) if name == "write" else (False,):
            folder, what = tmp_path / f"{number} {is_short}", f"{number} {name} {is_short}"
            before = prepare(action, folder, run_folder)
            try:
                with FileFaults(number, error=error, is_short=is_short).happening():
                    action(folder, run_folder)
            except (RunError, Killed) as failure:
                what = f"{what}: {failure!r}"
            now = contents(folder) if folder.exists() else {}
            for file in now.keys() & {MODEL_FILE, METRICS_FILE}:
                assert now[file] in (before.get(file), expected.get(file)), what
            assert before.keys() <= now.keys(), what
            if now != expected:
                action(folder, run_folder)
            if error is None and action is amend:  # it is not its task to tidy up: the next to resume does
                begin_to_resume(folder, run_folder)
                continue
            assert contents(folder) == expected, what


def test_a_run_that_cannot_be_begun_says_what_to_do_and_leaves_no_folder(run_folder: Path, tmp_path: Path) -> None:
    def fault(handle: Any) -> None:
        raise OSError(28, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", fault)
        with pytest.raises(
            RunError, match=r"run/model\.safetensors cannot be written: No space .*; fix this, or choose"
        ):
            begin(tmp_path / "run", run_folder)
    assert not (tmp_path / "run").exists()
