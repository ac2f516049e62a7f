"""A run whose folder is gone is saved in another one, from which it continues as if nothing had happened.

A cache that is gone is not missed.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqgen import run
from seqgen.config import Budget
from seqgen.container import read_container
from seqgen.errors import RunError
from seqgen.run import LAST_FILE, MODEL_FILE, read_history
from seqgen.training import Session
from seqgen.training.save_schedule import SaveSchedule
from tests import tiny, tiny_pairs
from tests.training.interrupted import finish, timeless, train_to

Start = Callable[..., Session]
OPTIONS: dict[str, Any] = {"budget": Budget(steps=20), "settings": {"evaluate_every": 5, "average": None}}


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Temporary files go to a folder of the test."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))


def contents(folder: Path) -> list[Any]:
    """What two equal runs have in common."""
    checkpoint = read_container(folder / LAST_FILE, "checkpoint").tensors
    model = read_container(folder / MODEL_FILE, "model").tensors
    return [
        {name: array.tobytes() for name, array in checkpoint.items() if not name.startswith("clock.elapsed")},
        {name: array.tobytes() for name, array in model.items()},
        timeless(folder),
    ]


@pytest.mark.parametrize("start", [tiny.start, tiny_pairs.start], ids=["text", "pairs"])
@pytest.mark.parametrize("is_validated_since", [False, True], ids=["model as before", "better model since"])
def test_a_run_whose_folder_was_deleted_continues_from_where_it_was_saved_instead(
    start: Start, is_validated_since: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = start(tmp_path / "whole", **OPTIONS)
    finish(whole)
    opened = start(tmp_path / "run", **OPTIONS)
    reports = opened.reports()
    train_to(reports, 7)
    opened.save()
    shutil.rmtree(opened.folder)
    with monkeypatch.context() as patch:
        train_to(reports, 12 if is_validated_since else 9)
        patch.setattr(SaveSchedule, "is_due", True)
        next(reports)
    instead = tmp_path / "run-rescued"
    assert opened.save_problem == (
        f"{opened.folder} was moved or deleted while it was being trained: "
        f"the run is saved in {instead} until it is back"
    )
    opened.close()
    resumed = Session.resume(instead, device="cpu")
    assert resumed.step == (13 if is_validated_since else 10)
    finish(resumed)
    assert contents(instead) == contents(whole.folder)
    assert not opened.folder.exists()


def test_the_last_save_of_a_run_without_a_folder_says_how_to_continue(tmp_path: Path) -> None:
    opened = tiny.start(tmp_path / "a run", **OPTIONS)
    shutil.rmtree(opened.folder)
    instead = tmp_path / "a run-rescued"
    with pytest.raises(RunError, match=rf"; the run is saved in .*: continue with seqgen train --resume '{instead}'$"):
        finish(opened)
    opened.close()
    assert Session.resume(instead, device="cpu").step == 20


def test_a_folder_that_comes_back_is_the_only_one_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SaveSchedule, "is_due", True)
    opened = tiny.start(tmp_path / "run", **OPTIONS)
    reports = opened.reports()
    opened.folder.rename(tmp_path / "moved")
    for _ in range(2):  # the second time into the same folder
        next(reports)
        assert sorted(path.name for path in tmp_path.glob("run*")) == ["run-rescued", "run.txt"]
        assert opened.saved_in == tmp_path / "run-rescued"
    (tmp_path / "moved").rename(opened.folder)
    finish(opened)
    assert sorted(path.name for path in tmp_path.glob("run*")) == ["run", "run.txt"]
    assert opened.save_problem is None
    assert opened.saved_in == opened.folder


def test_saving_elsewhere_again_repeats_no_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SaveSchedule, "is_due", True)
    opened = tiny.start(tmp_path / "run", **OPTIONS)
    shutil.rmtree(opened.folder)
    train_to(opened.reports(), 3)
    assert [report.step for report in read_history(tmp_path / "run-rescued").reports] == [1, 2, 3]


@pytest.mark.parametrize("is_temporary", [False, True])
def test_a_save_elsewhere_that_fails_leaves_the_one_before(
    is_temporary: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "place"
    opened = tiny.start(place / "run", **OPTIONS)
    reports = opened.reports()
    shutil.rmtree(place)
    if is_temporary:
        place.write_text("no folder can be made beside the run", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(SaveSchedule, "is_due", True)
        train_to(reports, 2)

    def full(folder: Path, *_: Any, **__: Any) -> None:
        raise RunError(f"{folder / LAST_FILE} cannot be written: No space left on device")

    monkeypatch.setattr(run, "save_checkpoint", full)
    train_to(reports, 4)
    instead = tmp_path / "temporary" / "run-rescued" if is_temporary else place / "run-rescued"
    may_go = ", in a folder that may be emptied when the computer restarts," if is_temporary else ""
    with pytest.raises(RunError, match=rf"; continue from the save before{may_go} with .* --resume {instead}$"):
        opened.save()
    opened.close()
    assert Session.resume(instead, device="cpu").step == 2


def test_a_run_that_is_resumed_where_one_is_can_be_saved_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish(tiny.start(tmp_path / "run", **OPTIONS))
    monkeypatch.chdir(tmp_path / "run")
    opened = Session.resume(Path(), budget=Budget(steps=30), device="cpu")
    shutil.rmtree(tmp_path / "run")
    with pytest.raises(RunError, match=rf"--resume {tmp_path / 'run-rescued'}$"):
        opened.save()


def test_a_run_in_a_working_folder_that_was_deleted_is_saved_among_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    opened = tiny.start(Path("checkpoints") / "run", **OPTIONS)
    shutil.rmtree(tmp_path / "here")
    place = r"/temporary/run-rescued"
    advice = rf"{place}, which may be emptied when the computer restarts: move it, or continue .* --resume .*{place}"
    with pytest.raises(RunError, match=rf"^checkpoints/run was moved or deleted .*{advice}$"):
        finish(opened)


def test_a_run_that_waits_among_temporary_files_for_its_folder_says_what_a_restart_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SaveSchedule, "is_due", True)
    place = tmp_path / "place"
    opened = tiny.start(place / "run", **OPTIONS)
    shutil.rmtree(place)
    place.write_text("no folder", encoding="utf-8")
    next(opened.reports())
    assert (opened.save_problem or "").endswith(
        f"the run is saved in {tmp_path / 'temporary' / 'run-rescued'} until it is back; "
        "that folder may be emptied when the computer restarts"
    )
    opened.close()


def test_a_cache_that_was_deleted_is_not_missed_and_made_again(tmp_path: Path, own_cache: Path) -> None:
    whole, opened = (tiny.start(tmp_path / name, **OPTIONS) for name in ("whole", "run"))
    finish(whole)
    reports = opened.reports()
    train_to(reports, 7)
    opened.save()
    shutil.rmtree(own_cache)
    train_to(reports, 9)
    opened.close()
    resumed = Session.resume(opened.folder, device="cpu")
    shutil.rmtree(own_cache)
    finish(resumed)
    assert contents(opened.folder) == contents(whole.folder)


def test_a_name_that_is_taken_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "run-rescued").write_text("mine", encoding="utf-8")
    opened = tiny.start(tmp_path / "run", **OPTIONS)
    shutil.rmtree(opened.folder)
    with pytest.raises(RunError, match=r"run-rescued-2$"):
        opened.save()
    assert (tmp_path / "run-rescued").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("has_room_elsewhere", [True, False])
def test_a_disk_that_is_full_at_the_end_costs_nothing_if_there_is_room_among_temporary_files(
    has_room_elsewhere: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = tiny.start(tmp_path / "run", **OPTIONS)
    reports = opened.reports()
    train_to(reports, 7)
    opened.save()
    save_checkpoint = run.save_checkpoint

    def full(folder: Path, *rest: Any, **options: Any) -> None:
        if folder == opened.folder or not has_room_elsewhere:
            raise RunError(f"{folder / LAST_FILE} cannot be written: No space left on device")
        save_checkpoint(folder, *rest, **options)

    monkeypatch.setattr(run, "save_checkpoint", full)
    with pytest.raises(RunError, match=r"run/last\.safetensors cannot be written: No space left") as caught:
        finish(opened)
    opened.close()
    instead = tmp_path / "temporary" / "run-rescued"
    assert instead.exists() == has_room_elsewhere
    place, step = (instead, 20) if has_room_elsewhere else (opened.folder, 7)
    assert str(caught.value).endswith(f" with seqgen train --resume {place}")
    assert Session.resume(place, device="cpu").step == step


def test_a_run_that_can_be_saved_nowhere_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "place"
    opened = tiny.start(place / "run", **OPTIONS)
    shutil.rmtree(place)
    place.write_text("no folder", encoding="utf-8")
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    with pytest.raises(RunError, match=r"was moved or deleted .*; it could be saved nowhere else$"):
        opened.save()
