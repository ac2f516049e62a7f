"""Processes of `seqgen` that begin at once: forked from one that has loaded PyTorch and has computed nothing."""

from __future__ import annotations

import multiprocessing
import os
import sys
from pathlib import Path
from typing import Any

import torch

from seqgen.cli import main

_CONTEXT: Any = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
_CONTEXT.set_forkserver_preload(["seqgen.cli.train.train", "seqgen.training", "seqgen.evaluation"])


class Forked:
    """`seqgen` with these arguments, in this folder, with one thread. Its streams go into a file."""

    def __init__(self, *arguments: object, log: Path, **environment: str) -> None:
        self._log = log.absolute()
        words = ["seqgen", *map(str, arguments)]
        options = (words, Path.cwd(), self._log, {**os.environ, **environment})
        self._process: Any = _CONTEXT.Process(target=_run, args=options)
        self._process.start()

    @property
    def pid(self) -> int:
        """The number of the process, for signals."""
        return int(self._process.pid)

    def is_alive(self) -> bool:
        """Whether it has not ended yet."""
        return bool(self._process.is_alive())

    def kill(self) -> None:
        """End it at once, if it has not ended."""
        self._process.kill()

    def said(self) -> str:
        """What it has printed until now, on both streams."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    def end(self, longest_s: float) -> int:
        """Its exit status, or minus the signal that ended it."""
        self._process.join(longest_s)
        assert self._process.exitcode is not None, self.said()
        return int(self._process.exitcode)


def _run(words: list[str], folder: Path, log: Path, environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(handle, stream)
    torch.set_num_threads(1)
    sys.argv = words
    main()
