"""Every operation on files on the way of a save fails once, and the process is killed after each: nothing is lost."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from numpy.typing import NDArray

from seqgen import run
from seqgen.config import Budget
from seqgen.durable import remove_unfinished
from seqgen.errors import RunError
from seqgen.models import read_weights
from seqgen.run import LAST_FILE, LOCK_FILE, METRICS_FILE, MODEL_FILE, PREVIOUS_FILE, FolderLock, Report, RunRecord
from seqgen.training import Session
from seqgen.training.checkpoint import read_state
from seqgen.training.prepared import Prepared
from seqgen.training.run_writer import RunWriter
from tests import tiny
from tests.faults import ERRORS, FileFaults, Killed

STEPS = (4, 7, 9)
"""At the first two, everything was saved. At the last one, the save goes wrong."""


@dataclass(frozen=True)
class Save:
    """A run folder as it was, and what the save writes that goes wrong."""

    before: Path
    n_reported: int
    """Reports in the folder before the save."""
    corpus: Prepared
    record: RunRecord
    arrays: dict[str, NDArray[Any]]
    weights: dict[str, NDArray[Any]]
    reports: list[Report]
    after: dict[str, bytes]
    """The files of a save that went well."""

    def writer(self, folder: Path) -> RunWriter:
        """Makes ready to save into a copy of the folder."""
        shutil.copytree(self.before, folder)
        writer = RunWriter(FolderLock.acquire(folder), self.corpus)
        for report in self.reports[self.n_reported :]:
            writer.add_report(report)
        writer.set_model(self.record, self.weights)
        return writer

    def write(self, writer: RunWriter, faults: FileFaults) -> None:
        with faults.happening():
            writer.write_all(self.record, self.arrays)

    def require_sound(self, folder: Path, what: str) -> bytes | None:
        """Check that the model and the checkpoint are those before or after, and return the checkpoint."""
        old, new = contents(self.before), contents(folder)
        assert new[MODEL_FILE] in (old[MODEL_FILE], self.after[MODEL_FILE]), what
        checkpoint = new.get(LAST_FILE, new.get(PREVIOUS_FILE))
        assert checkpoint in (old.get(LAST_FILE), self.after[LAST_FILE]), what
        return checkpoint


@pytest.fixture(scope="module")
def saves(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Save]:
    """The first save of a run, and a later one."""
    folder = tmp_path_factory.mktemp("faults")
    session = tiny.start(folder / "run", budget=Budget(steps=12), settings={"evaluate_every": 100})
    shutil.copytree(session.folder, folder / "first", ignore=shutil.ignore_patterns(LOCK_FILE))
    reports: list[Report] = []
    running = session.reports()
    for step in STEPS[:2]:
        reports += itertools.islice(running, step - session.step)
        session.save()
    shutil.copytree(session.folder, folder / "later", ignore=shutil.ignore_patterns(LOCK_FILE))
    reports += itertools.islice(running, STEPS[2] - session.step)
    state = session.record, read_state(session.state), read_weights(session.state.model)
    session.save()
    session.close()
    of_run = (session.corpus, session.record, *state[1:], reports, contents(session.folder))
    return {"first": Save(folder / "first", 0, *of_run), "later": Save(folder / "later", STEPS[1], *of_run)}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.*")}


def gone_wrong(save: Save, tmp_path: Path, **fault: Any) -> Iterator[tuple[str, RunWriter, Path]]:
    """The folder after a save that went wrong, for every operation in turn, and for writes also in the middle."""
    whole = FileFaults()
    save.write(save.writer(tmp_path / "whole"), whole)
    for number, name in enumerate(whole.names, 1):
        for is_short in (False, True) if name == "write" else (False,):
            what = f"{number} {name}{' in the middle' if is_short else ''}"
            writer = save.writer(tmp_path / what)
            try:
                save.write(writer, FileFaults(number, is_short=is_short, **fault))
            except (RunError, Killed) as error:
                what += f": {error!r}"
            yield what, writer, writer.folder
            writer.close()


def reported(folder: Path) -> list[int]:
    path = folder / METRICS_FILE
    return [json.loads(line)["step"] for line in path.read_text().splitlines()] if path.exists() else []


@pytest.mark.parametrize("name", ["first", "later"])
@pytest.mark.parametrize(("error", "stays"), [*((error, False) for error in ERRORS), ("EROFS", True)])
def test_a_save_that_fails_leaves_the_one_before_and_succeeds_the_next_time(
    name: str, error: str, stays: bool, saves: dict[str, Save], tmp_path: Path
) -> None:
    save = saves[name]
    for what, writer, folder in gone_wrong(save, tmp_path, error=error, stays=stays):
        save.require_sound(folder, what)
        assert stays or [*folder.glob(".*.part")] == [], what
        save.write(writer, FileFaults())
        now = contents(folder)
        assert all(now[name] == save.after[name] for name in (MODEL_FILE, LAST_FILE)), what
        old = {contents(save.before).get(LAST_FILE), save.after[LAST_FILE]}
        assert now.get(PREVIOUS_FILE) in old, what
        assert reported(folder) == [*range(1, STEPS[2] + 1)], what


@pytest.mark.parametrize("name", ["first", "later"])
def test_a_run_that_is_killed_in_a_save_goes_on_from_it_or_from_the_one_before(
    name: str, saves: dict[str, Save], tmp_path: Path
) -> None:
    save, resumed = saves[name], set()
    for what, writer, folder in gone_wrong(save, tmp_path):
        assert "Killed" in what
        writer.close()  # as the system does
        checkpoint = save.require_sound(folder, what)
        step = {None: 0, save.after[LAST_FILE]: STEPS[2]}.get(checkpoint, STEPS[1])
        if step and step not in resumed:
            resumed.add(step)
            session = Session.resume(folder, device="cpu")
            assert session.step == step, what
            session.close()
        remove_unfinished(folder)
        run.truncate_history(folder, step)
        assert [*folder.glob(".*.part")] == [], what
        assert reported(folder) == [*range(1, step + 1)], what
