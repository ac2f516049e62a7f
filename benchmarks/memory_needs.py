"""Whether the memory that training a model is said to need is the memory that it takes.

    python benchmarks/memory_needs.py [--cells lstm gru ...]

Each shape takes three steps in a process of its own. Measured is the peak of its resident memory, beyond that of a tiny
model of the same cell; estimated is what `memory_needs` says before anything is allocated.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
from typing import Any, get_args

import numpy as np

from seqgen.config import Budget, Cell
from seqgen.corpus import Streams
from seqgen.models import build_model
from seqgen.training.memory import keep_freed_memory
from seqgen.training.planning.memory_needs import memory_needs
from seqgen.training.planning.problem import CorpusFacts, Problem
from seqgen.training.planning.resolve import Resolved, resolve
from seqgen.training.schedule import Clock
from seqgen.training.state import TrainingState
from seqgen.training.trainer import take_step

_N_STEPS = 3
_TINY = {"n_layer": 1, "d_model": 16, "n_streams": 2, "window": 4}
_SHAPES: list[tuple[int, dict[str, Any]]] = [
    (50, {"n_layer": 1, "d_model": 1024, "n_streams": 16, "window": 64}),
    (50, {"n_layer": 3, "d_model": 256, "n_streams": 32, "window": 128}),
    (50, {"n_layer": 1, "d_model": 1500, "n_streams": 1, "window": 8, "ngram_order": None}),
    (50, {"n_layer": 1, "d_model": 64, "n_streams": 64, "window": 512}),
    (10_000, {"n_layer": 1, "d_model": 128, "n_streams": 16, "window": 64, "optimizer": "adamw"}),
]
"""The size of the vocabulary, and what is set."""


def main() -> None:
    """Print a line for each cell and shape."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", nargs="*", default=get_args(Cell), choices=get_args(Cell))
    for cell in parser.parse_args().cells:
        for vocab_size, settings in _SHAPES:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                measured, estimated = pool.apply(measure, (cell, vocab_size, settings))
            shape = ", ".join(f"{name} {value}" for name, value in settings.items())
            print(
                f"{cell:11} V {vocab_size:6,}, {shape}: measured {measured / 1e6:,.0f} MB, estimated "
                f"{estimated / 1e6:,.0f} MB, ratio {measured / estimated:.2f}",
                flush=True,
            )


def measure(cell: Cell, vocab_size: int, settings: dict[str, Any]) -> tuple[int, int]:
    """Bytes that training takes, and bytes that it is said to need."""
    keep_freed_memory()
    _learn(_resolved(cell, vocab_size, _TINY))
    before, resolved = _peak_bytes(), _resolved(cell, vocab_size, settings)
    _learn(resolved)
    return _peak_bytes() - before, memory_needs(resolved.model, resolved.training).total


def _resolved(cell: Cell, vocab_size: int, settings: dict[str, Any]) -> Resolved:
    facts = CorpusFacts(vocab_size=vocab_size, n_train=1_000_000, n_valid=0)
    shape = {"precision": "float32", **settings}
    return resolve(cell, Problem(settings=shape, corpus=facts, budget=Budget(steps=_N_STEPS)))


def _learn(resolved: Resolved) -> None:
    training = resolved.training
    state = TrainingState.fresh(build_model(resolved.model), training)
    n_tokens = _N_STEPS * training.n_streams * training.window + 1
    ids = np.random.default_rng(0).integers(0, resolved.model.vocab_size, n_tokens)
    streams = Streams(ids, n_streams=training.n_streams, window=training.window)
    clock = Clock(Budget(steps=_N_STEPS), tokens_per_epoch=n_tokens)
    for number in range(min(_N_STEPS, len(streams))):
        take_step(state, streams[number], config=training, clock=clock, fraction=0.0)


def _peak_bytes() -> int:
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
