"""The configuration of a new run: planners for texts and for pairs choose it."""

from __future__ import annotations

import torch

from seqgen.config import Cell
from seqgen.training.pairs import PreparedPairs
from seqgen.training.planning.pair_planner import PairPlanner
from seqgen.training.planning.pair_problem import PairProblem
from seqgen.training.planning.planner import Planner
from seqgen.training.planning.problem import Problem
from seqgen.training.planning.resolve import Resolved, resolve
from seqgen.training.planning.resolve_pairs import resolve_pairs
from seqgen.training.prepared import Prepared
from seqgen.training.process_group import ProcessGroup
from seqgen.training.request import TrainingRequest


def choose_configuration(
    request: TrainingRequest, prepared: Prepared, *, device: torch.device, group: ProcessGroup | None = None
) -> Resolved:
    """What suits the request, its text or pairs, and its budget.

    Raises:
        ConfigError: a setting does not fit, or the time is too short for one step.

    >>> from seqgen.config import Budget, CorpusConfig
    >>> from seqgen.training.prepared import prepare
    >>> request = TrainingRequest(corpus=CorpusConfig(paths=("story.txt",)), cell="gru", budget=Budget(steps=9))
    >>> choose_configuration(request, prepare(request), device=torch.device("cpu")).model.cell
    'gru'
    """
    if isinstance(prepared, PreparedPairs):
        return PairPlanner.of(request, prepared, device=device, group=group).choose()
    return Planner.of(request, prepared, device=device, group=group).choose()


def configure_by_rule(
    request: TrainingRequest, prepared: Prepared, *, cell: Cell, width: int | None = None
) -> Resolved:
    """What the rules say for a cell, without measuring anything. `width` is tried unless the request sets one.

    Raises:
        ConfigError: a setting does not fit the cell.

    >>> from seqgen.config import CorpusConfig
    >>> from seqgen.training.prepared import prepare
    >>> request = TrainingRequest(corpus=CorpusConfig(paths=("story.txt",)))
    >>> configure_by_rule(request, prepare(request), cell="gru", width=24).model.d_model
    24
    """
    if isinstance(prepared, PreparedPairs):
        return resolve_pairs(cell, PairProblem.of(request, prepared.facts, width=width))
    trial = {} if width is None else {"d_model": width}
    problem = Problem(settings=request.settings, corpus=prepared.facts, budget=request.budget_or_default, trial=trial)
    return resolve(cell, problem)
