"""The training runs of a race: one for each planned cell, alike in everything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import torch

from seqgen.config import DEFAULT_CELL, Cell
from seqgen.errors import ConfigError
from seqgen.launch import require_single_process
from seqgen.models import build_model
from seqgen.models.devices import choose_device
from seqgen.training.planning.choice import configure_by_rule
from seqgen.training.planning.memory_needs import require_memory
from seqgen.training.planning.recipes import PLANNED_CELLS
from seqgen.training.planning.resolve import Resolved
from seqgen.training.prepared import Prepared, prepare
from seqgen.training.request import TrainingRequest
from seqgen.training.tokenizer_trials import settle_tokenizer

_WIDTH_STEP = 8
_MAX_WIDTH_STEPS = 512


def race_requests(request: TrainingRequest, *, equal_parameters: bool) -> list[TrainingRequest]:
    """The same request for every planned cell, each with a run folder of its own below the folder of the request.

    The records of the runs name the race, so that the best of them can be found.

    If the request leaves the tokenizer open, trials choose one for all cells. With `equal_parameters`, every cell gets
    the width at which it has about as many parameters as the default cell.

    Raises:
        SeqgenError: the corpus cannot be read, or an option does not fit one of the cells.

    >>> from seqgen.config import CorpusConfig
    >>> request = TrainingRequest(corpus=CorpusConfig(paths=("story.txt",)), folder=Path("race"))
    >>> [str(each.folder) for each in race_requests(request, equal_parameters=False)][:2]
    ['race/rnn', 'race/lstm']
    """
    require_single_process("seqgen race")
    if "-" in request.corpus.paths:
        raise ConfigError("a race reads the text several times, so it cannot come from standard input: give a file")
    request, _ = settle_tokenizer(request)
    prepared = prepare(request)
    device = choose_device(request.device)
    for cell in PLANNED_CELLS:
        # so that a setting which one cell refuses stops the race before the first one trains
        resolved = configure_by_rule(request, prepared, cell=cell)
        require_memory(resolved.model, resolved.training, encoder=resolved.encoder, device=device)
    race = datetime.now(timezone.utc).isoformat()
    widths: dict[Cell, int] = _equal_widths(request, prepared) if equal_parameters else {}
    return [
        replace(
            request,
            cell=cell,
            race=race,
            settings={**request.settings, **({"d_model": widths[cell]} if cell in widths else {})},
            folder=request.folder and Path(request.folder) / cell,
        )
        for cell in PLANNED_CELLS
    ]


def _equal_widths(request: TrainingRequest, prepared: Prepared) -> dict[Cell, int]:
    if "d_model" in request.settings:
        raise ConfigError("--equal parameters chooses the widths: leave out d_model")

    def n_parameters(cell: Cell, width: int | None = None) -> int:
        return _count_parameters(configure_by_rule(request, prepared, cell=cell, width=width))

    wanted = n_parameters(DEFAULT_CELL)
    return {cell: width_for(partial(n_parameters, cell), wanted=wanted) for cell in PLANNED_CELLS}


def width_for(n_parameters_at: Callable[[int], int], *, wanted: int, step: int = _WIDTH_STEP) -> int:
    """The width, in steps of 8, at which a model has about as many parameters as wanted.

    >>> width_for(lambda width: width**2, wanted=10_000)
    96
    """
    low, high = 1, _MAX_WIDTH_STEPS
    while low < high:
        middle = (low + high) // 2
        if n_parameters_at(middle * step) < wanted:
            low = middle + 1
        else:
            high = middle
    widths = [number * step for number in (low - 1, low) if number]
    return min(widths, key=lambda width: abs(n_parameters_at(width) - wanted))


def _count_parameters(resolved: Resolved) -> int:
    """Parameters without tables of n-grams, which one cell may have and another not."""
    with torch.device("meta"):  # shapes without memory
        return sum(parameter.numel() for parameter in build_model(resolved.model, resolved.encoder).dense_parameters())
