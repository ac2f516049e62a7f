"""The trainings of a race: one of each cell, alike in all else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import torch

from seqgen.config import DEFAULT_CELL, Cell
from seqgen.errors import ConfigError
from seqgen.models import build_model, count_parameters
from seqgen.training.data import prepare_corpus
from seqgen.training.planning.recipes import CorpusFacts
from seqgen.training.planning.resolve import resolve
from seqgen.training.process_group import require_single_process
from seqgen.training.request import TrainingRequest

_WIDTH_STEP = 8


def race_requests(request: TrainingRequest, equal_parameters: bool) -> list[TrainingRequest]:
    """The same request for every cell, its folder one below; with as many parameters as the default cell, if wished.

    Raises:
        SeqgenError: the corpus or the options will not do.
    """
    require_single_process("seqgen race")
    if "-" in request.corpus.paths:
        raise ConfigError("a race reads its text once for every cell, and standard input only once: give a file")
    facts = prepare_corpus(request.corpus, request.tokenizer, None).facts
    for cell in get_args(Cell):  # before the first one trains
        resolve(cell, request.settings, facts, request.budget_or_default)
    settings = dict.fromkeys(get_args(Cell), request.settings)
    if equal_parameters:
        if "d_model" in request.settings:
            raise ConfigError("--equal parameters chooses the widths: leave out d_model")
        wanted = _n_parameters(request, DEFAULT_CELL, facts, None)
        settings = {
            cell: {**request.settings, "d_model": _width_for(request, cell, facts, wanted)} for cell in get_args(Cell)
        }
    return [
        replace(request, cell=cell, settings=settings[cell], folder=request.folder and Path(request.folder) / cell)
        for cell in get_args(Cell)
    ]


def _width_for(request: TrainingRequest, cell: Cell, facts: CorpusFacts, wanted: int) -> int:
    """The width, in steps of 8, at which a cell has about as many parameters as wanted."""
    low, high = 1, 512
    while low < high:
        middle = (low + high) // 2
        if _n_parameters(request, cell, facts, middle * _WIDTH_STEP) < wanted:
            low = middle + 1
        else:
            high = middle
    widths = [step * _WIDTH_STEP for step in (low - 1, low) if step]
    return min(widths, key=lambda width: abs(_n_parameters(request, cell, facts, width) - wanted))


def _n_parameters(request: TrainingRequest, cell: Cell, facts: CorpusFacts, width: int | None) -> int:
    trial = None if width is None else {"d_model": width}
    model = resolve(cell, request.settings, facts, request.budget_or_default, trial=trial).model
    with torch.device("meta"):
        return count_parameters(build_model(model))
