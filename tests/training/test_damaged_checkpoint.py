"""A run whose latest checkpoint is damaged or missing goes on from the one before, says so, and keeps that one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from seqgen.config import Budget
from seqgen.container import read_container, write_container
from seqgen.errors import RunError
from seqgen.run import DAMAGED_FILE, LAST_FILE, LOCK_FILE, MODEL_FILE, PREVIOUS_FILE, load_checkpoint
from seqgen.training import Session
from tests.training.interrupted import finish, start, train_to

Damage = Callable[[Path], None]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was saved at steps 2 and 5."""
    session = start(tmp_path_factory.mktemp("runs") / "run", steps=7)
    reports = session.reports()
    for step in (2, 5):
        train_to(reports, step)
        session.save()
    session.close()
    return session.folder


@pytest.fixture
def folder(stopped: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(stopped, tmp_path / "my run", ignore=shutil.ignore_patterns(LOCK_FILE)))


def flip_last_byte(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (flip_last_byte, "last.safetensors is damaged: its content does not match its hash"),
        (half, "last.safetensors is incomplete or not a model file; continuing"),
        (Path.unlink, "last.safetensors does not exist"),
    ],
)
def test_a_run_that_goes_on_from_the_save_before_says_so(damage: Damage, problem: str, folder: Path) -> None:
    damage(folder / LAST_FILE)
    session = Session.resume(folder, device="cpu")
    session.close()
    assert session.step == 2
    assert session.corpus_notes[0].startswith(problem)
    assert session.corpus_notes[0].endswith("; continuing from previous.safetensors, step 2")


@pytest.mark.parametrize("kind", ["model", "optimizer", "carried"])
def test_nothing_that_was_learned_may_be_infinite_or_nan(kind: str, folder: Path) -> None:
    container = read_container(folder / LAST_FILE, "checkpoint")
    name = next(name for name in container.tensors if name.startswith(f"{kind}."))
    container.tensors[name].flat[0] = np.nan
    write_container(folder / LAST_FILE, "checkpoint", document=container.document, tensors=container.tensors)
    session = Session.resume(folder, device="cpu")
    session.close()
    problem = f"last.safetensors cannot be used: {name} holds infinity or NaN"
    assert session.corpus_notes[0] == f"{problem}; continuing from previous.safetensors, step 2"


def test_a_run_that_goes_on_from_its_last_save_says_nothing_of_it(folder: Path) -> None:
    session = Session.resume(folder, device="cpu")
    session.close()
    assert session.step == 5
    assert session.corpus_notes == ()
    assert not (folder / DAMAGED_FILE).exists()


@pytest.mark.parametrize("damage", [flip_last_byte, Path.unlink])
def test_a_damaged_checkpoint_never_takes_the_place_of_the_good_one_before(damage: Damage, folder: Path) -> None:
    damage(folder / LAST_FILE)
    good = (folder / PREVIOUS_FILE).read_bytes()
    damaged = (folder / LAST_FILE).read_bytes() if (folder / LAST_FILE).exists() else None
    session = Session.resume(folder, device="cpu")
    train_to(session.reports(), 4)
    session.save()
    assert (folder / PREVIOUS_FILE).read_bytes() == good
    assert load_checkpoint(folder).record.progress.step == 4
    assert ((folder / DAMAGED_FILE).read_bytes() if damaged else None) == damaged
    session.save()
    session.close()
    flip_last_byte(folder / LAST_FILE)
    assert load_checkpoint(folder).record.progress.step == 4


def test_a_run_that_is_killed_after_the_damaged_checkpoint_was_set_aside_is_resumed_again(folder: Path) -> None:
    flip_last_byte(folder / LAST_FILE)
    for _ in range(2):
        session = Session.resume(folder, budget=Budget(steps=3), device="cpu")
        session.close()
        assert session.step == 2
    finish(Session.resume(folder, budget=Budget(steps=3), device="cpu"))
    assert load_checkpoint(folder).record.progress.step == 3


def test_a_checkpoint_that_cannot_be_set_aside_stops_the_resume(folder: Path) -> None:
    flip_last_byte(folder / LAST_FILE)
    (folder / DAMAGED_FILE).mkdir()
    (folder / DAMAGED_FILE / "note").touch()
    with pytest.raises(RunError, match=r"last\.safetensors is damaged and cannot be renamed: .*: remove it"):
        Session.resume(folder, device="cpu")
    assert not (folder / LOCK_FILE).exists()


def test_a_checkpoint_with_an_impossible_record_is_passed_over(folder: Path) -> None:
    last = load_checkpoint(folder)
    write_container(folder / LAST_FILE, "checkpoint", document={"cell": "lstm"}, tensors=last.tensors)
    note = load_checkpoint(folder).note
    assert note is not None
    assert note.startswith("last.safetensors cannot be used: the record of the run cannot be read")


@pytest.mark.parametrize(
    ("damages", "problem"),
    [
        ((flip_last_byte, flip_last_byte), "last.safetensors is damaged.*; previous.safetensors is damaged.*hash"),
        ((flip_last_byte, Path.unlink), "last.safetensors is damaged.*; previous.safetensors does not exist"),
        ((Path.unlink, Path.unlink), "last.safetensors does not exist; previous.safetensors does not exist"),
    ],
)
def test_a_run_without_a_checkpoint_that_can_be_read_names_both_and_what_to_do(
    damages: tuple[Damage, Damage], problem: str, folder: Path
) -> None:
    for damage, name in zip(damages, (LAST_FILE, PREVIOUS_FILE), strict=True):
        damage(folder / name)
    remedy = rf": begin a new run from its best model with --from '{folder}'$"
    with pytest.raises(RunError, match=f"my run cannot be resumed: {problem}{remedy}"):
        Session.resume(folder)
    (folder / MODEL_FILE).unlink()
    with pytest.raises(RunError, match=f"my run cannot be resumed: {problem}$"):
        load_checkpoint(folder)
    assert not (folder / LOCK_FILE).exists()
