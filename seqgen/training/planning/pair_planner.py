"""Chooses the model that learns from pairs in the available time. `planner.py` does it for texts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import final

import torch

from seqgen.config import Cell, Precision
from seqgen.errors import ConfigError
from seqgen.models import build_model, count_parameters
from seqgen.training.pairs import PreparedPairs
from seqgen.training.planning.memory_needs import require_memory
from seqgen.training.planning.pair_problem import PairProblem
from seqgen.training.planning.pair_rules import DEFAULT_PAIR_CELL, PAIR_RECIPES
from seqgen.training.planning.pair_throughput import measure_pairs
from seqgen.training.planning.parent import measure_parent_of_pairs
from seqgen.training.planning.precision import choose_precision
from seqgen.training.planning.recipes import PLANNED_CELLS
from seqgen.training.planning.resolve import Resolved
from seqgen.training.planning.resolve_pairs import resolve_pairs
from seqgen.training.planning.timing import UNSTEADY, UNSTEADY_NOTE, one_thread_fewer
from seqgen.training.process_group import ProcessGroup
from seqgen.training.request import TrainingRequest
from seqgen.waiting import one_by_one

_MIN_EPOCHS = 4.0
"""A model for which the time is shorter than this is made narrower, if it can be."""


@dataclass(frozen=True, kw_only=True)
class PairCandidate:
    """A configuration for a budget of minutes, and how often it will see every pair."""

    resolved: Resolved
    pairs_per_s: float
    n_epochs: float
    was_repeated: bool = False
    """Whether the timing was unsteady and was repeated, because other programs used the machine."""

    @property
    def n_parameters(self) -> int:
        with torch.device("meta"):  # shapes without memory
            return count_parameters(build_model(self.resolved.model, self.resolved.encoder))

    def describe(self) -> str:
        """The width and what was measured, in words."""
        return f"width {self.resolved.model.d_model} ({self.pairs_per_s:,.0f} pairs/s, {self.n_epochs:.1f} epochs)"


@final
@dataclass(frozen=True, kw_only=True)
class PairPlanner:
    """Chooses the configuration of a new run on pairs.

    >>> from pathlib import Path
    >>> from seqgen.config import Budget, CorpusConfig
    >>> from seqgen.training.pairs import prepare_pairs
    >>> _ = Path("pairs.tsv").write_text("".join(f"{n}\\t{n * n}\\n" for n in range(50)))
    >>> corpus = CorpusConfig(paths=("pairs.tsv",), pairs=True)
    >>> request = TrainingRequest(corpus=corpus, budget=Budget(steps=9), settings={"precision": "float32"})
    >>> planner = PairPlanner.of(request, prepare_pairs(request), device=torch.device("cpu"))
    >>> planner.choose().encoder.describe()
    'bidirectional encoder 1x128 with attention'
    """

    request: TrainingRequest
    """With the cell and the shape of the parent, if there is one."""
    prepared: PreparedPairs
    parent_ratio: float | None = None
    """As in `PairProblem`."""
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    group: ProcessGroup = field(default_factory=ProcessGroup)

    @classmethod
    def of(
        cls,
        request: TrainingRequest,
        prepared: PreparedPairs,
        *,
        device: torch.device,
        group: ProcessGroup | None = None,
    ) -> PairPlanner:
        """The planner for a user's request.

        Raises:
            ConfigError: the request names a parent whose weights do not fit its settings.
        """
        start, group, ratio = prepared.start, group or ProcessGroup(), None
        if start is not None:
            request = start.inherited(request)
            if start.knows_pairs:
                ratio = group.broadcast(measure_parent_of_pairs(start.parent, prepared))
        return cls(request=request, prepared=prepared, parent_ratio=ratio, device=device, group=group)

    @property
    def problem(self) -> PairProblem:
        return replace(PairProblem.of(self.request, self.prepared.facts), parent_ratio=self.parent_ratio)

    def choose(self) -> Resolved:
        """What the rules say; with a budget of minutes, the widest model that sees every pair often enough.

        Steps and epochs follow rules alone, so that they repeat.

        Raises:
            ConfigError: a setting does not fit, or the time is too short for one step.
        """
        cell = self.request.cell or DEFAULT_PAIR_CELL
        if self.problem.budget.minutes is None:
            return self._resolve(cell, self.problem)
        timed = list(self._time(cell))
        resolved = timed[-1].resolved
        choice = f"timed: {', '.join(candidate.describe() for candidate in timed)}"
        notes = (UNSTEADY_NOTE,) if any(candidate.was_repeated for candidate in timed) else ()
        return replace(resolved, notes=(*resolved.notes, *notes), choices=(*resolved.choices, choice))

    def candidates(self) -> list[PairCandidate]:
        """What `choose` would take for each cell: for the default cell first, or only for the cell that is set.

        Raises:
            ConfigError: a setting does not fit, or the time is too short for one step.
        """
        first = self.request.cell or DEFAULT_PAIR_CELL
        candidates = [list(self._time(first))[-1]]
        for cell in PLANNED_CELLS if self.request.cell is None else ():
            if cell != first:
                with contextlib.suppress(ConfigError):  # a field that it lacks, or sources that are too long for it
                    candidates.append(list(self._time(cell))[-1])
        return candidates

    def _resolve(self, cell: Cell, problem: PairProblem) -> Resolved:
        """The configuration by the rules, if there is memory for it, with the precision that suits this machine."""
        resolved = resolve_pairs(cell, problem)
        require_memory(
            resolved.model,
            replace(resolved.training, window=min(resolved.training.window, problem.facts.longest_target)),
            encoder=resolved.encoder,
            device=self.device,
            n_processes=self.group.size,
        )
        if resolved.training.precision != "auto":
            return resolved
        fastest, reason = choose_precision(self.device, resolved.model.d_model)
        precision: Precision = "bfloat16" if self.group.broadcast(fastest == "bfloat16") else "float32"
        training = replace(resolved.training, precision=precision)
        return replace(resolved, training=training, choices=(*resolved.choices, f"precision {precision}: {reason}"))

    def _time(self, cell: Cell) -> Iterator[PairCandidate]:
        """Time the model that the rules choose, and narrower ones until one is fast enough, which is the last."""
        problem = self.problem
        by_rule = self._resolve(cell, problem)
        narrower = [width for width in PAIR_RECIPES[cell].widths if width < by_rule.model.d_model]
        widths = [] if "d_model" in problem.settings else reversed(narrower)
        tried = [by_rule, *(self._resolve(cell, replace(problem, width=width)) for width in widths)]
        for resolved in one_by_one(tried, lambda it: f"timing {it.model.cell} {it.model.n_layer}x{it.model.d_model}"):
            (rate, was_repeated), width = self._pairs_per_s(resolved), resolved.model.d_model
            measured = replace(problem, width=width, pairs_per_s=rate)
            n_epochs = measured.epochs(n_streams=resolved.training.n_streams)
            is_last = n_epochs >= _MIN_EPOCHS or resolved is tried[-1]
            if is_last and n_epochs * problem.facts.n_pairs < resolved.training.n_streams:
                minutes = problem.budget.minutes
                raise ConfigError(
                    f"is {minutes:g}, which is too short for a single step: give more time", field="minutes"
                )
            yield PairCandidate(
                resolved=self._resolve(cell, measured), pairs_per_s=rate, n_epochs=n_epochs, was_repeated=was_repeated
            )
            if is_last:
                return

    def _pairs_per_s(self, resolved: Resolved) -> tuple[float, bool]:
        """What the whole group learns from in a second, and whether it was timed again.

        If the times do not agree, the configuration is timed again, and the faster timing counts.
        """
        rate, spread = self._measure(resolved)
        if spread < UNSTEADY:
            return rate, False
        with one_thread_fewer():
            return max(rate, self._measure(resolved)[0]), True

    def _measure(self, resolved: Resolved) -> tuple[float, float]:
        """Pairs per second and spread, as the first process measured them, so that all choose alike."""
        measured = measure_pairs(resolved, self.prepared.streams(resolved.training).train[0], device=self.device)
        rate, spread = self.group.broadcast_all([measured.pairs_per_s * self.group.size, measured.spread])
        return rate, spread
