"""What is asked of a ball and its model, and how good the answers are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.config.fields import require_sizes
from seqgen.inspection.ball.best_guess import N_BALLS
from seqgen.inspection.ball.motion import Box

N_POSITIONS = 16
_N_PATHS = 1000
_CONTEXTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)


@dataclass(frozen=True, kw_only=True)
class BallConfig:
    """How the ball flies, how much of it is seen, and how long a model learns.

    >>> BallConfig(n_steps=100, n_positions=5).contexts
    (1, 2, 3, 4, 5)
    """

    n_steps: int
    """Of training."""
    box: Box = field(default_factory=Box)
    n_positions: int = N_POSITIONS
    """Cells of a whole path, without the next one."""
    n_paths: int = _N_PATHS
    """Paths that are predicted. No model has learned from them."""
    n_balls: int = N_BALLS
    """Other balls that the best guess is made of."""
    seed: int = 0

    def __post_init__(self) -> None:
        require_sizes(self, "n_positions", "n_steps", "n_paths", "n_balls")

    @property
    def contexts(self) -> tuple[int, ...]:
        """From how many cells the next one is predicted."""
        return (*(length for length in _CONTEXTS if length < self.n_positions), self.n_positions)

    @property
    def shown(self) -> tuple[int, ...]:
        """One cell, two cells, and the whole path."""
        return tuple(length for length in (1, 2, self.n_positions) if length in self.contexts)


@dataclass(frozen=True, kw_only=True, eq=False)
class Guesses:
    """How good predictions of the next cell are, of many paths.

    >>> box = Box(width=2, height=1)
    >>> guesses = Guesses.of(np.array([[0.25, 0.75]]), np.array([1]), box=box)
    >>> guesses.off_by, guesses.right, round(guesses.nats, 3)
    (0.25, 1.0, 0.288)
    """

    distances: NDArray[np.float64]
    """From the mean of the predicted places to the middle of the next cell, in cells. (N,)"""
    right: float
    """The share of paths whose likeliest next cell was the next."""
    nats: float
    """-ln p of the next cell, in the mean."""

    @classmethod
    def of(cls, probabilities: NDArray[np.float64], following: NDArray[np.int64], *, box: Box) -> Guesses:
        """Predictions (N, V) of the cells that followed (N,)."""
        points = box.points()
        chances = probabilities[np.arange(len(following)), following]
        return cls(
            distances=np.linalg.norm(probabilities @ points - points[following], axis=1),
            right=float((probabilities.argmax(axis=1) == following).mean()),
            nats=float(-np.log(np.maximum(chances, np.finfo(float).tiny)).mean()),
        )

    @property
    def off_by(self) -> float:
        """The mean distance, in cells."""
        return float(self.distances.mean())

    def to_json(self) -> dict[str, float | None]:
        """The numbers of a report. A model that has diverged has none."""
        numbers = {"off_by_cells": self.off_by, "right": self.right, "nats": self.nats}
        return {name: number if math.isfinite(number) else None for name, number in numbers.items()}


@dataclass(frozen=True, kw_only=True, eq=False)
class Path:
    """One path, and where the model expected the ball."""

    cells: tuple[int, ...]
    """All that was seen, and the next one."""
    line: NDArray[np.float64]
    """The flight itself, (N, 2), to the moment of the next cell."""
    expected: Mapping[int, NDArray[np.float64]]
    """How likely each cell is to be the next, from so many cells. (V,)"""


@dataclass(frozen=True, kw_only=True, eq=False)
class BallReport:
    """How well a model predicts the ball, beside the best guess that anyone could make.

    >>> from seqgen.inspection.ball.predicting import measure_ball
    >>> from seqgen.inspection.probes.contenders import Contender
    >>> config = BallConfig(box=Box(width=4, height=3), n_positions=3, n_steps=2, n_paths=20, n_balls=1000)
    >>> report = measure_ball(Contender.parse("gru,d_model=8"), config)
    >>> list(report.by_model), len(report.path.cells), sorted(report.to_json()["contexts"][0])
    ([1, 2, 3], 4, ['best', 'model', 'seen'])
    """

    config: BallConfig
    name: str
    """The cell, and what is unusual about it."""
    n_parameters: int
    n_steps: int
    has_diverged: bool
    by_model: Mapping[int, Guesses]
    """How many cells were seen -> how good the model's predictions are."""
    by_best: Mapping[int, Guesses]
    """The same of the best guess."""
    path: Path
    """The one whose errors are the most usual."""

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, under the names that `seqgen inspect ball --json` prints."""
        box = self.config.box
        return {
            "box": {"width": box.width, "height": box.height, "speed": box.speed, "gravity": box.gravity},
            "model": self.name,
            "n_parameters": self.n_parameters,
            "steps": self.n_steps,
            "has_diverged": self.has_diverged,
            "seed": self.config.seed,
            "paths": self.config.n_paths,
            "contexts": [
                {"seen": n_seen, "model": guesses.to_json(), "best": self.by_best[n_seen].to_json()}
                for n_seen, guesses in self.by_model.items()
            ],
            "path": {
                "cells": self.path.cells,
                "expected": {
                    str(n_seen): np.nan_to_num(chances).tolist() for n_seen, chances in self.path.expected.items()
                },
            },
        }
