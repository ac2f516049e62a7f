"""A training run that is killed, and a run folder that is damaged: nothing is lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from numpy.typing import NDArray

from seqgen import run
from seqgen.config import Budget
from seqgen.errors import RunError
from seqgen.run import MODEL_FILE, load_checkpoint, open_model
from seqgen.training import EndReport, Session, ValidationReport
from tests.tiny import metrics_lines
from tests.training.interrupted import finish, start, timeless, train_to

Array = NDArray[Any]


def test_a_run_that_was_killed_long_after_its_last_save_ends_where_it_would_have_ended(tmp_path: Path) -> None:
    """Its best model is newer than its checkpoint, and the validations before it must not count as worse."""
    whole = finish(start(tmp_path / "whole"))
    killed = start(tmp_path / "killed")
    reports = killed.reports()
    train_to(reports, 25)
    killed.save()
    train_to(reports, 105)
    killed.close()
    assert load_checkpoint(killed.folder).record.progress.step == 25
    assert open_model(killed.folder).record.progress.step == 100
    resumed = finish(Session.resume(killed.folder, device="cpu"))
    assert isinstance(whole[-1], EndReport)
    assert whole[-1].reason == "patience"
    assert resumed[-1].step == whole[-1].step > 105
    assert timeless(killed.folder) == timeless(tmp_path / "whole")


def test_a_better_model_from_before_a_kill_is_not_replaced_by_a_worse_one(tmp_path: Path) -> None:
    """A run that does not repeat its bytes, for example on another device, may not become as good again."""
    killed = start(tmp_path / "run")
    reports = killed.reports()
    train_to(reports, 25)
    killed.save()
    train_to(reports, 105)
    killed.close()
    best = open_model(killed.folder)
    resumed = Session.resume(killed.folder, budget=Budget(steps=60), device="cpu")  # too short to be as good
    validated = [report.nats_per_token for report in finish(resumed) if isinstance(report, ValidationReport)]
    assert resumed.best_nats == best.record.progress.valid_nats_per_token
    assert resumed.best_nats < min(validated)
    assert resumed.best_step == 100
    assert open_model(killed.folder).sha256 == best.sha256


def test_a_validated_model_from_before_a_kill_is_not_replaced_by_an_unvalidated_one(tmp_path: Path) -> None:
    killed = start(tmp_path / "run", average=16.0)
    reports = killed.reports()
    train_to(reports, 5)
    killed.save()
    train_to(reports, 15)
    killed.close()
    resumed = Session.resume(killed.folder, device="cpu")
    train_to(resumed.reports(), 7)
    resumed.save()
    assert open_model(killed.folder).record.progress.step == 10


def test_a_step_that_was_killed_costs_only_what_came_after_the_last_save(tmp_path: Path) -> None:
    killed = start(tmp_path / "run")
    reports = killed.reports()
    train_to(reports, 4)
    killed.save()
    train_to(reports, 8)
    killed.close()
    resumed = Session.resume(tmp_path / "run", device="cpu")
    assert resumed.step == 4
    assert [line["step"] for line in metrics_lines(resumed.folder)] == [1, 2, 3, 4]


def test_a_kill_between_the_files_of_a_save_loses_no_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("append_reports", "save_checkpoint"):
        killed = start(tmp_path / name, steps=40)
        reports = killed.reports()
        train_to(reports, 12)
        killed.save()
        train_to(reports, 23)
        write = getattr(run, name)

        def write_and_die(*arguments: Any, write: Callable[..., None] = write, **options: Any) -> None:
            write(*arguments, **options)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(run, name, write_and_die)
            killed.save()
        killed.close()
        finish(Session.resume(killed.folder, device="cpu"))
        steps = [line["step"] for line in metrics_lines(killed.folder) if line["report"] == "step"]
        assert steps == list(range(1, 41))


def test_a_validation_after_the_latest_save_stands_once_in_the_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step of the save is its step too, so the step does not say that it came after the save."""
    finish(start(tmp_path / "whole", steps=30))
    killed = start(tmp_path / "killed", steps=30)
    reports = killed.reports()
    train_to(reports, 20)  # to the step, which its validation follows
    killed.save()
    train_to(reports, 21)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(run, "save_checkpoint", Mock(side_effect=KeyboardInterrupt))
        killed.save()
    killed.close()
    finish(Session.resume(killed.folder, device="cpu"))
    assert timeless(killed.folder) == timeless(tmp_path / "whole")


def test_a_checkpoint_that_does_not_count_its_reports_keeps_those_up_to_its_step(tmp_path: Path) -> None:
    finish(start(tmp_path / "run", steps=12))
    checkpoint = load_checkpoint(tmp_path / "run")
    tensors = {name: array for name, array in checkpoint.tensors.items() if name != "counter.n_reports"}
    run.save_checkpoint(tmp_path / "run", checkpoint.record, tensors=tensors)
    resumed = Session.resume(tmp_path / "run", budget=Budget(steps=14), device="cpu")
    finish(resumed)
    steps = [line["step"] for line in metrics_lines(resumed.folder) if line["report"] == "step"]
    assert steps == [*range(1, 15)]
    assert int(load_checkpoint(tmp_path / "run").tensors["counter.n_reports"]) == len(metrics_lines(resumed.folder))


CHANGES: dict[str, Callable[[Array], dict[str, Array]]] = {
    "missing": lambda array: {},
    "shape": lambda array: {"": np.zeros((2, 1, 1), array.dtype)},
    "renamed": lambda array: {"x": array},
    "no number": lambda array: {"": np.full_like(array, np.nan)},
    "integers": lambda array: {"": array.astype(np.int64)},
    "below zero": lambda array: {"": array - 10**6},
    "beyond counting": lambda array: {"": array + 2**60},
    "infinity": lambda array: {"": np.full(array.shape, np.inf)},
    "one in a row": lambda array: {"": array.reshape(1)},
    "twice as wide": lambda array: {"": np.concatenate([array, array], axis=-1)},
}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> run.Checkpoint:
    folder = tmp_path_factory.mktemp("runs") / "run"
    finish(start(folder, steps=2, average=16.0))
    return load_checkpoint(folder)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("model.head.bias", "missing, shape, renamed, no number"),
        ("average.0", "missing, shape, no number"),
        ("carried.0", "missing, shape, no number, infinity, twice as wide"),
        ("counter.step", "missing, shape, below zero, beyond counting, infinity, one in a row"),
        ("clock.elapsed_s", "missing, below zero, no number, infinity, integers, one in a row"),
        ("clock.best_nats", "missing, below zero, no number, one in a row"),
        ("counter.n_setbacks", "below zero, beyond counting"),
        ("random.cpu", "missing, shape"),
        ("optimizer.0.0.exp_avg", "missing, shape, renamed, integers, no number, infinity"),
        ("optimizer.0.0.step", "missing, shape, infinity"),
        ("optimizer.1.0.momentum", "shape, renamed, integers, no number, infinity"),
    ],
)
def test_a_checkpoint_that_does_not_fit_its_configuration_is_refused(
    name: str, changes: str, checkpoint: run.Checkpoint, tmp_path: Path
) -> None:
    shutil.copytree(checkpoint.path.parent, tmp_path / "run")
    for change in changes.split(", "):
        tensors = {**checkpoint.tensors}
        tensors.update({name + ending: array for ending, array in CHANGES[change](tensors.pop(name)).items()})
        run.save_checkpoint(tmp_path / "run", checkpoint.record, tensors=tensors)
        (tmp_path / "run" / run.PREVIOUS_FILE).unlink(missing_ok=True)
        with pytest.raises(RunError, match=r"does not fit its configuration|holds infinity or NaN"):
            Session.resume(tmp_path / "run")


@pytest.mark.parametrize("name", ["counter.n_reports", "counter.n_setbacks"])
def test_a_checkpoint_of_an_earlier_version_lacks_a_counter_and_is_resumed(name: str, tmp_path: Path) -> None:
    finish(start(tmp_path / "run", steps=2))
    checkpoint = load_checkpoint(tmp_path / "run")
    tensors = {other: array for other, array in checkpoint.tensors.items() if other != name}
    run.save_checkpoint(tmp_path / "run", checkpoint.record, tensors=tensors)
    resumed = Session.resume(tmp_path / "run", budget=Budget(steps=3), device="cpu")
    assert finish(resumed)[0].step == 3


def test_a_checkpoint_beyond_the_end_of_its_epoch_goes_on_with_the_next(tmp_path: Path) -> None:
    finish(start(tmp_path / "run", steps=2))
    checkpoint = load_checkpoint(tmp_path / "run")
    tensors = {**checkpoint.tensors, "counter.window": np.array(10**9)}
    run.save_checkpoint(tmp_path / "run", checkpoint.record, tensors=tensors)
    resumed = Session.resume(tmp_path / "run", budget=Budget(steps=3), device="cpu")
    assert finish(resumed)[0].step == 3


def test_the_files_of_two_runs_are_not_mixed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        finish(start(tmp_path / name, steps=2))
    shutil.copy(tmp_path / "a" / MODEL_FILE, tmp_path / "b" / MODEL_FILE)
    with pytest.raises(RunError, match="holds files of different runs"):
        Session.resume(tmp_path / "b")
