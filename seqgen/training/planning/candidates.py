"""Which model to train in the time there is: candidate shapes, timed on this machine and compared."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import get_args

import torch

from seqgen.config import DEFAULT_CELL, Budget, Cell, ModelConfig, Precision, TrainingConfig
from seqgen.errors import ConfigError
from seqgen.training.planning.precision import choose_precision
from seqgen.training.planning.recipes import CorpusFacts, Settings, expected_ratio, neighbouring_widths
from seqgen.training.planning.resolve import Resolved, resolve
from seqgen.training.planning.throughput import Throughput, measure_throughput
from seqgen.training.process_group import ProcessGroup


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One configuration, and what is to be expected of it."""

    resolved: Resolved
    throughput: Throughput
    n_steps: int
    n_epochs: float
    expected_ratio: float
    """Nats on validation, as a multiple of those of a 7-gram model of the same text."""


def plan_training(
    cell: Cell | None,
    settings: Settings,
    corpus: CorpusFacts,
    budget: Budget,
    device: torch.device,
    group: ProcessGroup,
) -> list[Candidate]:
    """Candidates for a budget of minutes, the most promising first.

    The likeliest shape of every cell, or of the one that is set, and shapes next to that of the default cell or the
    one that is set, as far as width and layers are open. A few steps each are timed: some seconds in all.

    Raises:
        ConfigError: a setting that the cell does not have, or a time too short for one step.
    """
    if budget.minutes is None:
        raise ConfigError("a plan is for a time: give --minutes")
    main = cell or DEFAULT_CELL
    nominal = {main: resolve(main, settings, corpus, budget)}
    for name in () if cell else get_args(Cell):
        with contextlib.suppress(ConfigError):  # a setting of the default cell's own
            nominal[name] = resolve(name, settings, corpus, budget)
    measure = partial(_measure, settings=settings, corpus=corpus, budget=budget, device=device, group=group)
    found = [measure(name, first) for name, first in nominal.items()]
    for trial in _neighbours(nominal[main].model, settings):
        with contextlib.suppress(ConfigError):  # a width that a set d_embedding does not fit
            neighbour = resolve(main, settings, corpus, budget, trial=trial)
            found.append(measure(main, neighbour))
    found.sort(key=lambda candidate: candidate.expected_ratio)
    if found[0].n_steps < 1:
        raise ConfigError(
            f"minutes is {budget.minutes:g}: too short, one step alone takes {found[0].throughput.step_s:.2g} s; "
            "give more time, or a smaller --width, --streams or --window"
        )
    return found


def _neighbours(model: ModelConfig, settings: Settings) -> list[Settings]:
    """A narrower, a wider, and a narrower but deeper shape, as far as the settings leave them open."""
    if "d_model" in settings:
        return []
    narrower, wider = neighbouring_widths(model.d_model)
    deeper: list[Settings] = [{"d_model": narrower, "n_layer": model.n_layer + 1}] if "n_layer" not in settings else []
    return [{"d_model": narrower}, {"d_model": wider}, *deeper]


def _measure(
    cell: Cell,
    first: Resolved,
    *,
    settings: Settings,
    corpus: CorpusFacts,
    budget: Budget,
    device: torch.device,
    group: ProcessGroup,
) -> Candidate:
    """Time a configuration, and choose again for its speed what is not its shape."""
    model, n_streams = first.model, first.training.n_streams
    group.require_divides(n_streams)
    training, _ = _with_precision(first, device, group)
    throughput = measure_throughput(
        model, replace(training, n_streams=n_streams // group.size), device
    )  # what one process reads
    step_s, tokens_per_s = group.broadcast_all([throughput.step_s, throughput.tokens_per_s * group.size])
    shape = {"n_layer": model.n_layer, "d_model": model.d_model, "n_streams": n_streams, "window": training.window}
    resolved = resolve(cell, settings, corpus, budget, trial=shape, tokens_per_s=tokens_per_s)
    resolved = replace(resolved, training=replace(resolved.training, precision=training.precision))
    n_tokens = 60 * (budget.minutes or 0.0) * tokens_per_s
    return Candidate(
        resolved=resolved,
        throughput=replace(throughput, step_s=step_s, tokens_per_s=tokens_per_s),
        n_steps=int(60 * (budget.minutes or 0.0) / step_s),
        n_epochs=n_tokens / corpus.n_train,
        expected_ratio=expected_ratio(cell, throughput.n_weights, n_tokens, corpus.n_train),
    )


def _with_precision(
    resolved: Resolved, device: torch.device, group: ProcessGroup
) -> tuple[TrainingConfig, tuple[str, ...]]:
    """How to train, the fastest precision chosen if none is set; every process of a group takes the first one's."""
    if resolved.training.precision != "auto":
        return resolved.training, ()
    fastest, reason = choose_precision(device, resolved.model.d_model)
    precision: Precision = "bfloat16" if group.broadcast(fastest == "bfloat16") else "float32"
    return replace(resolved.training, precision=precision), (f"precision {precision}: {reason}",)


def describe(candidates: Sequence[Candidate]) -> str:
    """What was compared, in one line."""
    shapes = [
        f"{model.cell} {model.n_layer}x{model.d_model} ({candidate.throughput.tokens_per_s:,.0f} tokens/s)"
        for candidate in candidates
        for model in [candidate.resolved.model]
    ]
    return f"planned: {shapes[0]} for {candidates[0].n_epochs:.1f} epochs" + (
        f", before {', '.join(shapes[1:])}" if len(shapes) > 1 else ""
    )


def choose_configuration(
    cell: Cell | None, settings: Settings, facts: CorpusFacts, budget: Budget, device: torch.device, group: ProcessGroup
) -> tuple[Resolved, tuple[str, ...]]:
    """The configuration of a new run: planned for a time; for steps and epochs, whose bytes repeat, by rule."""
    if budget.minutes is not None:
        started = time.monotonic()
        candidates = plan_training(cell, settings, facts, budget, device, group)
        return candidates[0].resolved, (f"{describe(candidates)}; in {time.monotonic() - started:.1f} s",)
    resolved = resolve(cell or DEFAULT_CELL, settings, facts, budget)
    training, notes = _with_precision(resolved, device, group)
    return replace(resolved, training=training), notes
