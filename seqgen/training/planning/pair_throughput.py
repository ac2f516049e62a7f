"""How fast a configuration learns from pairs on this machine, measured over a few real steps."""

from __future__ import annotations

import time

import torch

from seqgen.config import Budget
from seqgen.corpus import Batches
from seqgen.models import build_model
from seqgen.training.planning.resolve import Resolved
from seqgen.training.schedule import Clock
from seqgen.training.trainer import TrainingState, take_step

_MEASURE_S = 0.5
_MIN_TIMED, _MAX_TIMED = 3, 100
"""The steps that are timed."""


def measure_pairs_per_s(resolved: Resolved, batches: Batches, *, device: torch.device) -> float:
    """Pairs that are learned from in a second. torch's random state stays as it is.

    The first batches are read as in training, so that sources and targets have their usual lengths. Their order is
    random.

    >>> import numpy as np
    >>> from seqgen.corpus import Streams
    >>> from seqgen.run import open_model
    >>> record = open_model("checkpoints/story").record
    >>> resolved = Resolved(record.model, record.training, (), ())
    >>> streams = Streams(np.arange(1, 5), n_streams=4, window=4)
    >>> measure_pairs_per_s(resolved, streams, device=torch.device("cpu")) > 0
    True
    """
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        model = build_model(resolved.model, resolved.encoder).to(device)
        state = TrainingState.fresh(model, resolved.training)
        clock = Clock(Budget(steps=_MAX_TIMED + 1), tokens_per_epoch=batches.n_targets)
        n_pairs, started = 0, time.perf_counter()
        for number in range(_MAX_TIMED + 1):
            batch = batches[number % len(batches)]
            take_step(state, batch, config=resolved.training, clock=clock, fraction=0.0)
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            if number == 0:  # the first step allocates memory and chooses kernels
                started = time.perf_counter()
                continue
            n_pairs += len(batch.inputs) if batch.starts_anew else 0
            took_s = time.perf_counter() - started
            if number >= _MIN_TIMED and took_s >= _MEASURE_S:
                break
        return n_pairs / max(took_s, 1e-9)
