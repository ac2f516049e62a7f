"""Chooses the model to train in the available time: candidate shapes, timed on this machine and compared."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import final

import torch

from seqgen.config import DEFAULT_CELL, Cell, ModelConfig, Precision, TrainingConfig
from seqgen.errors import ConfigError
from seqgen.training.data import PreparedCorpus
from seqgen.training.planning.memory_needs import require_memory
from seqgen.training.planning.parent import measure_parent
from seqgen.training.planning.precision import choose_precision
from seqgen.training.planning.problem import Problem, Settings
from seqgen.training.planning.recipes import PLANNED_CELLS, expected_ratio, neighbouring_widths
from seqgen.training.planning.resolve import Resolved, resolve, start_from
from seqgen.training.planning.throughput import Throughput, measure_throughput
from seqgen.training.planning.timing import UNSTEADY, UNSTEADY_NOTE, one_thread_fewer
from seqgen.training.process_group import ProcessGroup
from seqgen.training.request import TrainingRequest
from seqgen.waiting import one_by_one


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One configuration and what to expect of it."""

    resolved: Resolved
    throughput: Throughput
    n_steps: int
    n_epochs: float
    expected_ratio: float
    """Nats on validation, as a multiple of those of a 7-gram model of the same text."""
    was_repeated: bool = False
    """Whether the timings were unsteady and were repeated, because other programs used the machine."""


@final
@dataclass(frozen=True, kw_only=True)
class Planner:
    """Chooses the configuration of a new training on this machine.

    >>> from seqgen.config import Budget
    >>> from seqgen.training.planning.problem import CorpusFacts
    >>> novel = CorpusFacts(vocab_size=66, n_train=1_000_000, n_valid=100_000)
    >>> settings = {"d_model": 64, "precision": "float32"}
    >>> planner = Planner(problem=Problem(settings=settings, corpus=novel, budget=Budget(epochs=2)), cell="gru")
    >>> planner.choose().training.evaluate_every
    162
    """

    problem: Problem
    cell: Cell | None = None
    """The cell that the user has set; None compares all of them."""
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    group: ProcessGroup = field(default_factory=ProcessGroup)

    @classmethod
    def of(
        cls,
        request: TrainingRequest,
        corpus: PreparedCorpus,
        *,
        device: torch.device,
        group: ProcessGroup | None = None,
    ) -> Planner:
        """The planner for a user's request.

        Raises:
            ConfigError: the request names a parent whose weights do not fit its settings.
        """
        parent, group = request.parent, group or ProcessGroup()
        cell, settings = start_from(
            parent.record.model if parent else None, cell=request.cell, settings=request.settings
        )
        ratio = None
        if parent:
            ratio = group.broadcast(measure_parent(parent, corpus, keeps_vocabulary=request.keeps_vocabulary))
        problem = Problem(settings=settings, corpus=corpus.facts, budget=request.budget_or_default, parent_ratio=ratio)
        return cls(problem=problem, cell=cell, device=device, group=group)

    def choose(self) -> Resolved:
        """The best candidate for a budget of minutes. Steps and epochs follow rules alone, so that they repeat.

        Raises:
            ConfigError: the cell does not have a field that is set, the time is too short for one step, or there is
                not enough memory.
        """
        if self.problem.budget.minutes is not None:
            started = time.monotonic()
            candidates = self.candidates()
            return take_best(candidates, took_s=time.monotonic() - started)
        resolved = self._resolve(self.cell or DEFAULT_CELL, self.problem)
        if resolved.training.precision != "auto":
            return resolved
        precision, reason = self._choose_precision(resolved)
        training = replace(resolved.training, precision=precision)
        choice = f"precision {precision}: {reason}"
        return replace(resolved, training=training, choices=(*resolved.choices, choice))

    def candidates(self) -> list[Candidate]:
        """Candidates for a budget of minutes, the most promising first.

        Every cell that is compared (or only the cell that is set) takes part with the shape that the rules choose. The
        default cell (or the cell that is set) also takes part narrower, wider and deeper, unless the user has set its
        width. A few steps of each are timed, which takes some seconds in all.

        Raises:
            ConfigError: the cell does not have a field that is set, or the time is too short for one step.
        """
        if self.problem.budget.minutes is None:
            raise ConfigError("planning needs a time budget: give --minutes")
        main = self.cell or DEFAULT_CELL
        by_rule = {main: self._resolve(main, self.problem)}
        for cell in () if self.cell else PLANNED_CELLS:
            with contextlib.suppress(ConfigError):  # a field that only the default cell has, or too little memory
                by_rule[cell] = self._resolve(cell, self.problem)
        tried = [*by_rule.values()]
        for trial in self._neighbours(by_rule[main].model):
            with contextlib.suppress(ConfigError):  # a width that does not fit a d_embedding that is set
                tried.append(self._resolve(main, replace(self.problem, trial=trial)))
        candidates = self._measure_all(tried)
        candidates.sort(key=lambda candidate: candidate.expected_ratio)
        if candidates[0].n_steps < 1:
            raise ConfigError(
                f"is {self.problem.budget.minutes:g}, which is too short: a single step takes "
                f"{candidates[0].throughput.step_s:.2g} s. Give more time, or a smaller --width, --streams or --window",
                field="minutes",
            )
        return candidates

    def _resolve(self, cell: Cell, problem: Problem) -> Resolved:
        """The configuration by the rules, if there is memory for it."""
        resolved = resolve(cell, problem)
        require_memory(resolved.model, resolved.training, device=self.device, n_processes=self.group.size)
        return resolved

    def _neighbours(self, model: ModelConfig) -> list[Settings]:
        """A narrower, a wider, and a narrower but deeper shape, as far as the settings leave them open."""
        if "d_model" in self.problem.settings:
            return []
        narrower, wider = neighbouring_widths(model.d_model)
        shapes: list[Settings] = [{"d_model": narrower}, {"d_model": wider}]
        if "n_layer" not in self.problem.settings:
            shapes.append({"d_model": narrower, "n_layer": model.n_layer + 1})
        return shapes

    def _measure_all(self, tried: Sequence[Resolved]) -> list[Candidate]:
        """Time configurations. If the times do not agree, time all of them again and keep the faster timing of each."""
        candidates = [self._measure(resolved) for resolved in one_by_one(tried, lambda it: f"timing {_shape(it)}")]
        if statistics.median(candidate.throughput.spread for candidate in candidates) < UNSTEADY:
            return candidates
        with one_thread_fewer():
            again = [self._measure(resolved) for resolved in one_by_one(tried, lambda it: f"timing again {_shape(it)}")]
        pairs = zip(candidates, again, strict=True)
        faster = [max(pair, key=lambda candidate: candidate.throughput.tokens_per_s) for pair in pairs]
        return [replace(candidate, was_repeated=True) for candidate in faster]

    def _measure(self, resolved: Resolved) -> Candidate:
        """Time a configuration, then keep its shape and choose the rest again for its throughput."""
        model, training = resolved.model, resolved.training
        if training.precision == "auto":
            training = replace(training, precision=self._choose_precision(resolved)[0])
        throughput = self._time(model, training)
        shape: Settings = {
            "n_layer": model.n_layer,
            "d_model": model.d_model,
            "n_streams": training.n_streams,
            "window": training.window,
        }
        timed = resolve(model.cell, replace(self.problem, trial=shape, tokens_per_s=throughput.tokens_per_s))
        timed = replace(timed, training=replace(timed.training, precision=training.precision))
        available_s = 60 * (self.problem.budget.minutes or 0.0)
        n_train, n_trained = self.problem.corpus.n_train, available_s * throughput.tokens_per_s
        return Candidate(
            resolved=timed,
            throughput=throughput,
            n_steps=int(available_s / throughput.step_s),
            n_epochs=n_trained / n_train,
            expected_ratio=expected_ratio(model.cell, throughput.n_weights, n_trained=n_trained, n_train=n_train),
        )

    def _time(self, model: ModelConfig, training: TrainingConfig) -> Throughput:
        """What a step costs the whole group: every process times its own share of the streams."""
        self.group.require_divides(training.n_streams)
        own_share = replace(training, n_streams=training.n_streams // self.group.size)
        throughput = measure_throughput(model, own_share, device=self.device)
        step_s, tokens_per_s, spread = self.group.broadcast_all(
            [throughput.step_s, throughput.tokens_per_s * self.group.size, throughput.spread]
        )  # what the first process measured, so that all of them choose alike
        return replace(throughput, step_s=step_s, tokens_per_s=tokens_per_s, spread=spread)

    def _choose_precision(self, resolved: Resolved) -> tuple[Precision, str]:
        """The faster precision and the reason for it; every process takes what the first one measured."""
        fastest, reason = choose_precision(self.device, resolved.model.d_model)
        return "bfloat16" if self.group.broadcast(fastest == "bfloat16") else "float32", reason


def _shape(resolved: Resolved) -> str:
    """Cell, layers and width, such as `lstm 1x512`."""
    return f"{resolved.model.cell} {resolved.model.n_layer}x{resolved.model.d_model}"


def take_best(candidates: Sequence[Candidate], *, took_s: float) -> Resolved:
    """The configuration of the first candidate, with what was compared."""
    choice = f"planned in {took_s:.1f} s: {describe(candidates)}"
    best = candidates[0].resolved
    notes = (*best.notes, UNSTEADY_NOTE) if candidates[0].was_repeated else best.notes
    return replace(best, notes=notes, choices=(*best.choices, choice))


def describe(candidates: Sequence[Candidate]) -> str:
    """What was compared, in one line that begins with the best."""
    shapes = [
        f"{_shape(candidate.resolved)} ({candidate.throughput.tokens_per_s:,.0f} tokens/s)" for candidate in candidates
    ]
    best = f"{shapes[0]}, {candidates[0].n_epochs:.1f} epochs"
    return best + (f"; also timed: {', '.join(shapes[1:])}" if len(shapes) > 1 else "")
