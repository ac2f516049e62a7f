"""How fast a configuration learns from pairs on this machine, measured over a few real steps."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch

from seqgen.config import Budget
from seqgen.corpus import Batch, Batches
from seqgen.models import build_model
from seqgen.training.memory import keep_freed_memory
from seqgen.training.planning.resolve import Resolved
from seqgen.training.planning.timing import seconds_of, times_of
from seqgen.training.schedule import Clock
from seqgen.training.state import TrainingState
from seqgen.training.trainer import take_step

_WARM_UP_S = 0.2
_MIN_BATCHES, _MAX_BATCHES = 2, 64
"""The batches that are timed: at least the first number, and as many more as are read once in `_WARM_UP_S`."""


@dataclass(frozen=True, kw_only=True)
class PairThroughput:
    """How fast a model learns from pairs."""

    pairs_per_s: float
    spread: float = 1.0
    """The longest time that some batches took, divided by the shortest time that they took."""


def measure_pairs(resolved: Resolved, batches: Batches, *, device: torch.device) -> PairThroughput:
    """Time whole steps over the first batches. torch's random state stays as it is.

    The order of the batches is random, so sources and targets have their usual lengths. Batches of each shape are read
    once before they are timed, and memory is kept as in training.

    >>> import numpy as np
    >>> from seqgen.corpus import Streams
    >>> from seqgen.run import open_model
    >>> record = open_model("checkpoints/story").record
    >>> resolved = Resolved(record.model, record.training, (), ())
    >>> streams = Streams(np.arange(1, 5), n_streams=4, window=4)
    >>> measure_pairs(resolved, streams, device=torch.device("cpu")).pairs_per_s > 0
    True
    """
    keep_freed_memory()
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        model = build_model(resolved.model, resolved.encoder).to(device)
        state = TrainingState.fresh(model, resolved.training)
        clock = Clock(Budget(steps=1), tokens_per_epoch=batches.n_targets)

        def learn(batch: Batch) -> None:
            take_step(state, batch, config=resolved.training, clock=clock, fraction=0.0)

        def learn_again() -> None:
            for number in range(n_batches):
                learn(batches[number])

        n_batches, n_pairs = _warm_up(learn, batches, device=device)
        times = times_of(learn_again, device, is_warm=True)
    return PairThroughput(pairs_per_s=n_pairs / statistics.median(times), spread=max(times) / min(times))


def _warm_up(learn: Callable[[Batch], None], batches: Batches, *, device: torch.device) -> tuple[int, int]:
    """Learn from the first batches once. Returns how many these are, and how many pairs they have.

    Targets are not left half read: the windows of a long one are all learned from, or none.
    """
    n_pairs, spent_s = 0, 0.0
    for number in range(len(batches)):
        batch = batches[number]
        is_enough = number >= _MIN_BATCHES and (spent_s >= _WARM_UP_S or number >= _MAX_BATCHES)
        if is_enough and batch.starts_anew:
            return number, n_pairs
        n_pairs += len(batch.inputs) if batch.starts_anew else 0
        spent_s += seconds_of(partial(learn, batch), device)
    return len(batches), n_pairs
