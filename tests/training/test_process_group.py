"""One training run in two processes: the same losses as in one, one voice, and an end when one of them dies."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seqgen.config import Budget
from seqgen.errors import ConfigError
from seqgen.run import MODEL_FILE, open_model
from seqgen.training import Session
from seqgen.training.process_group import ProcessGroup
from tests import tiny
from tests.forked import Forked
from tests.tiny import metrics_lines

N_STEPS, N_MORE = 20, 30
SETTINGS: dict[str, Any] = {
    "n_streams": 4,
    "window": 64,
    "d_model": 16,
    "dropout": 0.0,
    "weight_drop": 0.0,
    "optimizer": "adamw",
    "precision": "float32",
    "final_rate": 1.0,  # so that the rates do not depend on the budget
    "evaluate_every": 10,
    **tiny.NGRAMS,  # whose gradients are sparse
    "ngram_dropout": 0.0,
    "ngram_rate": 0.1,
}
"""Thirty steps are a pass and a half over the text."""
OPTIONS = ["--device", "cpu", *(f"--set={name}={value}" for name, value in SETTINGS.items())]
ALONE = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
LONGEST_S = 100


def losses(folder: Path) -> list[float]:
    return [line["loss_nats"] for line in metrics_lines(folder) if line["report"] == "step"]


def trained_on(folder: Path) -> Path:
    """A single process continues a run to the larger number of steps."""
    for _ in Session.resume(folder, budget=Budget(steps=N_MORE), device="cpu").reports():
        pass
    return folder


def write_text(folder: Path) -> Path:
    path = folder / "text.txt"
    path.write_bytes(tiny.TEXT.encode())
    return path


def run_with_torchrun(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Two processes, started as a user starts them."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [*launcher, "-m", "seqgen", "train", *map(str, arguments)]
    return subprocess.run(command, env=os.environ | ALONE, capture_output=True, text=True, timeout=LONGEST_S)


@contextlib.contextmanager
def two_processes(*arguments: object, folder: Path) -> Iterator[list[Forked]]:
    """Two processes without a launcher, which would end the one when the other has died."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    place = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    processes = [
        Forked("train", *arguments, log=folder / f"log {rank}", RANK=str(rank), LOCAL_RANK=str(rank), **place)
        for rank in range(2)
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()


def run_two(*arguments: object, folder: Path) -> str:
    """What both of them say that end well, in a start that is shorter by the launcher."""
    with two_processes(*arguments, folder=folder) as processes:
        assert [process.end(LONGEST_S) for process in processes] == [0, 0], [process.said() for process in processes]
        return "".join(process.said() for process in processes)


@pytest.fixture(scope="module")
def never_stopped(tmp_path_factory: pytest.TempPathFactory) -> list[float]:
    """The losses of one process with all the streams, in one session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQGEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        folder = tmp_path_factory.mktemp("alone") / "run"
        return losses(tiny.trained(folder, budget=Budget(steps=N_MORE), settings=SETTINGS))


def test_two_processes_train_as_one_does_and_one_goes_on_with_their_run(
    tmp_path: Path, never_stopped: list[float]
) -> None:
    folder = tmp_path / "run"
    said = run_two(write_text(tmp_path), "--steps", N_STEPS, "--out", folder, *OPTIONS, folder=tmp_path)
    assert losses(folder) == pytest.approx(never_stopped[:N_STEPS], abs=1e-5)
    assert [line["step"] for line in metrics_lines(folder) if line["report"] == "validation"] == [10, 20]
    assert said.count("training on") == said.count(f"done: {N_STEPS} steps") == 1
    assert losses(trained_on(folder)) == pytest.approx(never_stopped, abs=1e-5)


def test_two_processes_go_on_with_the_run_of_one(tmp_path: Path, never_stopped: list[float]) -> None:
    folder = tiny.trained(tmp_path / "run", budget=Budget(steps=N_STEPS), settings=SETTINGS)
    ended = run_with_torchrun("--resume", folder, "--steps", N_MORE, "--device", "cpu")
    assert ended.returncode == 0, ended.stderr
    assert losses(folder) == pytest.approx(never_stopped, abs=1e-5)
    assert [line["report"] for line in metrics_lines(folder)].count("end") == 1


@pytest.mark.parametrize("rank", [0, 1])
def test_streams_that_cannot_be_divided_are_one_clear_line_before_anything_is_written(
    rank: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ProcessGroup, "join", lambda device: ProcessGroup(rank, 2))
    with pytest.raises(ConfigError, match=r"^3 streams cannot be divided evenly among 2 processes: set --streams"):
        tiny.start(tmp_path / "run", settings={**SETTINGS, "n_streams": 3})
    assert not (tmp_path / "run").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_the_death_of_one_process_ends_the_other_with_one_clear_line(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    endless = ["--steps", 10**6, "--patience", 10**6, "--out", folder, *OPTIONS]
    with two_processes(write_text(tmp_path), *endless, folder=tmp_path) as (first, second):
        latest = time.monotonic() + LONGEST_S
        while not ((folder / MODEL_FILE).exists() and open_model(folder).record.progress.step):
            assert first.is_alive(), first.said()
            assert time.monotonic() < latest
            time.sleep(0.2)
        second.kill()
        assert first.end(LONGEST_S) == 1
    said = first.said()
    assert "Traceback" not in said
    (last,) = [line for line in said.splitlines() if line.startswith("seqgen: ")]
    remedy = "continue from the last save with seqgen train --resume"
    assert last == f"seqgen: another process of this training run has died: {remedy}"


def test_alone_everything_stays_as_it_is() -> None:
    group = ProcessGroup()
    state = (torch.ones(3, 2), torch.zeros(3))
    rows = np.arange(6).reshape(3, 2)
    assert group.is_first
    assert group.gather(state) is state
    assert group.local_rows(rows).tolist() == rows.tolist()
    assert group.mean(torch.tensor(2.5)) == 2.5
    assert group.broadcast(0.1) == 0.1
    assert group.broadcast_all([1.0, 2.0]) == [1.0, 2.0]
    assert [group.any(condition) for condition in (True, False)] == [True, False]
    module = torch.nn.Linear(1, 1)
    assert group.wrap(module, may_skip_encoder=False) is module
    with pytest.raises(RuntimeError, match="gloo"), group.watched():
        raise RuntimeError("gloo")
    group.require_divides(7)


def test_without_a_launcher_a_process_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert ProcessGroup.join(torch.device("cpu")).size == 1


def test_every_process_has_its_own_streams_and_together_they_have_all() -> None:
    rows = np.arange(12).reshape(6, 2)
    shares = [ProcessGroup(rank, 3).local_rows(rows) for rank in range(3)]
    assert [len(share) for share in shares] == [2, 2, 2]
    np.testing.assert_array_equal(np.concatenate(shares), rows)


def test_streams_have_to_come_out_even() -> None:
    ProcessGroup(0, 3).require_divides(6)
    with pytest.raises(ConfigError, match="7 streams cannot be divided evenly among 3 processes"):
        ProcessGroup(0, 3).require_divides(7)
