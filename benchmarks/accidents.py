"""Accidents of training runs: signals, exceptions in a step, and a disk that is full for a while."""

from __future__ import annotations

import contextlib
import errno
import itertools
import math
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkProcess
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from typing import Any

import seqgen.cli.train.train
import seqgen.evaluation  # noqa: F401
from seqgen.cli import main as run_command
from seqgen.cli.shared import picture_files
from seqgen.training import save_schedule, trainer

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
EXCEPTION, FULL_DISK = "exception", "full disk"
WAYS = (*(number.name for number in SIGNALS), EXCEPTION, FULL_DISK)
MOST_STEPS = 20
"""Until a run is stopped, or its disk is full."""
SAVE_EVERY = ("0.000001s", "0.02s", "0.1s")
"""One of these in each run. The first saves after every report."""

_steps = RawValue("i")
"""How many steps the latest process has done. It writes, its parent reads."""


def begin(words: list[str], folder: Path, *, draw: random.Random, way: str | None = None) -> ForkProcess:
    """A training run in a process of its own."""
    broken = (draw.choice(["take_step", "clip", "detach"]), draw.randint(0, MOST_STEPS)) if way == EXCEPTION else None
    _steps.value = 0
    process = ForkProcess(
        target=_train, args=(words, folder), kwargs={"every": draw.choice(SAVE_EVERY), "broken": broken}
    )
    process.start()
    return process


def _train(words: list[str], folder: Path, *, every: str, broken: tuple[str, int] | None) -> None:
    os.chdir(folder)
    log = os.open(log_of(folder), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    save_schedule.MOST_SHARE = math.inf  # as often as it is asked for, however much of the time that takes
    picture_files.picture_run = lambda *arguments: None  # drawing the curve takes longer than the training
    on_every_call("take_step", count_step)
    if broken is not None:
        name, number = broken
        on_every_call(name, lambda n_calls: fail_at(number, n_calls))
    sys.argv = ["seqgen", "train", *words, "--save-every", every]
    run_command()


def log_of(folder: Path) -> Path:
    """The messages of the latest process, on a disk that is never full."""
    return folder.parent.parent / "log"


def on_every_call(name: str, act: Callable[[int], None]) -> None:
    """Do something before every call of a function of the trainer, which is told how many calls there were."""
    function, calls = getattr(trainer, name), itertools.count()

    def act_and_call(*arguments: Any, **options: Any) -> Any:
        act(next(calls))
        return function(*arguments, **options)

    setattr(trainer, name, act_and_call)


def count_step(n_calls: int) -> None:
    """Let the parent know how many steps are done."""
    _steps.value = n_calls


def fail_at(number: int, n_calls: int) -> None:
    """Let a step fail: before it, before it changes the weights, or when it has changed them and not its position."""
    if n_calls == number:
        raise RuntimeError("a planted exception")


@contextlib.contextmanager
def full(disk: Path) -> Iterator[None]:
    """Fill the disk until the block ends."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        n_bytes = 1 << 20
        while n_bytes:
            try:
                file.write(bytes(n_bytes))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                n_bytes //= 2
    try:
        yield
    finally:
        filler.unlink()


def stop(process: ForkProcess, way: str, *, disk: Path, draw: random.Random) -> None:
    """Stop a run in one of the ways, at a random moment, unless it has ended before. An exception comes by itself."""
    if way != EXCEPTION:
        reach(draw.randint(0, MOST_STEPS), process, draw)
    if way == FULL_DISK:
        with full(disk):
            reach(_steps.value + draw.randint(0, MOST_STEPS // 2), process, draw)
            if draw.random() < 0.5:
                _send(process, draw.choice(SIGNALS))
                process.join()
        reach(_steps.value + draw.randint(0, MOST_STEPS // 2), process, draw)
        _send(process, draw.choice(SIGNALS))
    elif way != EXCEPTION:
        _send(process, signal.Signals[way])
    process.join()


def reach(n_steps: int, process: ForkProcess, draw: random.Random) -> None:
    """Wait until a process has done so many steps, and a random moment more."""
    while process.is_alive() and _steps.value < n_steps:
        time.sleep(0.002)
    time.sleep(draw.uniform(0, 0.02))


def _send(process: ForkProcess, number: signal.Signals) -> None:
    if process.is_alive() and process.pid is not None:
        os.kill(process.pid, number)
