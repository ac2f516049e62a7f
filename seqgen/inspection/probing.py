"""Probing: a small model learns a made-up task from nothing, and its right answers are counted at every distance."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, final

import numpy as np
import torch

from seqgen.config import Budget, ModelConfig, TrainingConfig
from seqgen.corpus import Batch
from seqgen.errors import ConfigError
from seqgen.inspection.probes import Probe
from seqgen.inspection.probes.base import Draw
from seqgen.inspection.probes.contenders import Contender
from seqgen.models import Decoder, build_model, count_parameters
from seqgen.shares import Estimate, share
from seqgen.training import EndReport, StepReport
from seqgen.training.planning.memory_needs import require_memory
from seqgen.training.state import TrainingData, TrainingState
from seqgen.training.trainer import train
from seqgen.waiting import waiting

N_STEPS = 1000
"""Steps of training that every model gets."""
_N_EXAMPLES = 256
"""Sequences on which the right answers at one distance are counted."""
_TRAINED_ON, _TESTED_ON = 0, 1
"""Kinds of sequences: no random numbers of the one serve the other."""
_MIN_DISTANCE, _MAX_DISTANCE = 4, 10_000


@dataclass(frozen=True, kw_only=True)
class ProbeResult:
    """What one model has learned of a probe."""

    name: str
    """The cell, and what is unusual about it."""
    n_parameters: int
    n_steps: int
    has_diverged: bool
    loss_nats: float
    """Nats per learned symbol, over the last twentieth of the training."""
    accuracy: Mapping[int, Estimate]
    """Distance -> share of right answers."""

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, under the names that `seqgen inspect probe --json` prints."""
        return {
            "model": self.name,
            "n_parameters": self.n_parameters,
            "steps": self.n_steps,
            "has_diverged": self.has_diverged,
            "loss_nats": self.loss_nats if math.isfinite(self.loss_nats) else None,
            "accuracy": [
                {"distance": distance, **estimate.to_json("accuracy")} for distance, estimate in self.accuracy.items()
            ],
        }


def run_probe(
    probe: Probe,
    contenders: Sequence[Contender],
    *,
    n_steps: int = N_STEPS,
    at: int | None = None,
    seed: int = 0,
) -> Iterator[ProbeResult]:
    """Train each contender on a probe, and count its right answers. The same seed gives the same result.

    `at` is the only distance to train and test at; None: all those of the probe, the short ones more often, as a long
    distance is best learned after the short ones.

    Raises:
        ConfigError: a setting does not fit a cell, or the distance is too short or too long.

    >>> from seqgen.inspection.probes import PROBES
    >>> (result,) = run_probe(PROBES["copy"], [Contender(cell="rnn")], n_steps=2, at=8)
    >>> result.name, list(result.accuracy), 19_000 < result.n_parameters < 21_000
    ('rnn', [8], True)
    """
    if at is not None and at < _MIN_DISTANCE:
        raise ConfigError(f"is {at}: it must be {_MIN_DISTANCE} or more", field="at")
    if at is not None and at > _MAX_DISTANCE:
        raise ConfigError(f"is {at:,}: it must be {_MAX_DISTANCE:,} or less", field="at")
    distances = probe.distances if at is None else (at,)
    lesson = Lesson(draw=probe.draw, shortest=distances[0], longest=distances[-1])
    configs = [(contender.model(len(probe.symbols)), contender.training(seed)) for contender in contenders]
    with waiting(f"learning {probe.name}", total=len(contenders) * n_steps) as work, one_thread():
        for contender, (model_config, training) in zip(contenders, configs, strict=True):
            what = f"learning {probe.name}: {contender.name}"
            learned = learn(
                model_config, lesson, training=training, n_steps=n_steps, on_step=partial(work.advance, what=what)
            )
            yield ProbeResult(
                name=contender.name,
                n_parameters=count_parameters(learned.model),
                n_steps=learned.n_steps,
                has_diverged=learned.has_diverged,
                loss_nats=learned.loss_nats,
                accuracy={distance: count_right(learned.model, probe, distance, seed=seed) for distance in distances},
            )


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """Sequences to learn from, as many as it takes: those of a probe, say."""

    draw: Draw
    shortest: int
    longest: int
    """Distances are drawn from the shortest to the longest, uniformly in their logarithms."""


@dataclass(frozen=True, kw_only=True)
class Learned:
    """A model that has been taught."""

    model: Decoder
    losses: Sequence[float]
    """Nats per learned symbol, step by step."""
    has_diverged: bool

    @property
    def n_steps(self) -> int:
        return len(self.losses)

    @property
    def loss_nats(self) -> float:
        """The mean over the last twentieth of the training."""
        last = self.losses[-max(1, len(self.losses) // 20) :]
        return sum(last) / len(last) if last else math.nan


def learn(
    config: ModelConfig, lesson: Lesson, *, training: TrainingConfig, n_steps: int, on_step: Callable[[], None]
) -> Learned:
    """Train a new model, with the weights and the sequences that the seed of the training gives.

    >>> from seqgen.inspection.probes import PROBES
    >>> contender = Contender.parse("gru,d_model=8")
    >>> lesson = Lesson(draw=PROBES["copy"].draw, shortest=4, longest=8)
    >>> learn(contender.model(10), lesson, training=contender.training(0), n_steps=3, on_step=lambda: None).n_steps
    3
    """
    require_memory(config, training, device=torch.device("cpu"))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(training.seed)
        model = build_model(config)
    data = TrainingData(_Endless(lesson, training), valid=None, valid_characters=None)
    losses: list[float] = []
    has_diverged = False
    budget = Budget(steps=n_steps)
    for report in train(TrainingState.fresh(model, training), data, config=training, budget=budget):
        if isinstance(report, StepReport):
            losses.append(report.loss_nats)
            on_step()
        elif isinstance(report, EndReport):
            has_diverged = report.reason == "diverged"
    return Learned(model=model, losses=losses, has_diverged=has_diverged)


@torch.inference_mode()
def count_right(model: Decoder, probe: Probe, distance: int, *, seed: int) -> Estimate:
    """The share of right answers at one distance, on sequences that training never sees.

    >>> from seqgen.inspection.probes import PROBES
    >>> model = build_model(Contender(cell="rnn").model(len(PROBES["copy"].symbols)))
    >>> count_right(model, PROBES["copy"], 8, seed=0).value < 0.3  # it has learned nothing
    True
    """
    random = np.random.default_rng([seed, _TESTED_ON, distance])
    examples = probe.draw(distance, _N_EXAMPLES, random)
    model.eval()
    logits, _ = model(torch.from_numpy(examples.batch.inputs), None)  # (B, T, V)
    is_right = logits.argmax(dim=2).numpy() == examples.batch.targets
    if probe.chance is None:
        hits = (is_right | ~examples.asked).all(axis=1)
        return share(int(hits.sum()), len(hits))
    return share(int(is_right[examples.asked].sum()), int(examples.asked.sum()))


@final
class _Endless:
    """Batches of a lesson without end, as epochs of training: `epochs[n][m]` is always the same batch."""

    targets_per_epoch = 1 << 40

    def __init__(self, lesson: Lesson, config: TrainingConfig) -> None:
        self._draw = lesson.draw
        self._config = config
        self._bounds = math.log(lesson.shortest - 0.5), math.log(lesson.longest + 0.5)

    def __getitem__(self, epoch: int) -> _EndlessBatches:
        return _EndlessBatches(self, epoch)

    def batch(self, epoch: int, number: int) -> Batch:
        """Sequences of one distance. Distances are random, uniformly so in their logarithms."""
        random = np.random.default_rng([self._config.seed, _TRAINED_ON, epoch, number])
        distance = round(math.exp(random.uniform(*self._bounds)))
        return self._draw(distance, self._config.n_streams, random).batch


@final
class _EndlessBatches:
    """One epoch of them."""

    n_targets = 1 << 40

    def __init__(self, epochs: _Endless, epoch: int) -> None:
        self._epochs = epochs
        self._epoch = epoch

    def __len__(self) -> int:
        return 1 << 40

    def __getitem__(self, number: int) -> Batch:
        return self._epochs.batch(self._epoch, number)

    def rest(self) -> Batch | None:
        return None


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """So that results do not depend on the number of cores. Such small models gain nothing from more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
