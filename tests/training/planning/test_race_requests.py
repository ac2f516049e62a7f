"""The training runs of a race."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seqgen.config import Budget, CorpusConfig
from seqgen.errors import ConfigError
from seqgen.models import build_model
from seqgen.training import TrainingRequest, race_requests
from seqgen.training.data import prepare_corpus
from seqgen.training.planning.problem import Problem
from seqgen.training.planning.recipes import PLANNED_CELLS
from seqgen.training.planning.resolve import resolve
from tests.tiny import STORIES

REQUEST = TrainingRequest(
    corpus=CorpusConfig(paths=(str(STORIES),)), budget=Budget(minutes=1), settings={"seed": 3}, folder=Path("runs")
)


def test_every_planned_cell_gets_the_same_settings_and_a_folder_of_its_own() -> None:
    requests = race_requests(REQUEST, equal_parameters=False)
    assert [request.cell for request in requests] == list(PLANNED_CELLS)
    assert all(request.settings == {"seed": 3} and request.budget == REQUEST.budget for request in requests)
    assert [request.folder for request in requests] == [Path("runs") / cell for cell in PLANNED_CELLS]


def test_all_runs_name_the_same_race_and_another_race_has_another_name() -> None:
    first, second = ({each.race for each in race_requests(REQUEST, equal_parameters=False)} for _ in range(2))
    assert len(first) == len(second) == 1
    assert first != second


def test_what_would_stop_a_later_cell_stops_the_race_before_the_first() -> None:
    assert PLANNED_CELLS[0] == "rnn"  # the only one with a nonlinearity to choose
    with pytest.raises(ConfigError, match="nonlinearity does not belong to the cell"):
        race_requests(replace(REQUEST, settings={"nonlinearity": "relu"}), equal_parameters=False)
    with pytest.raises(ConfigError, match="standard input"):
        race_requests(replace(REQUEST, corpus=CorpusConfig(paths=("-",))), equal_parameters=False)
    with pytest.raises(ConfigError, match="leave out d_model"):
        race_requests(replace(REQUEST, settings={"d_model": 64}), equal_parameters=True)


def test_equal_parameters_are_equal_within_a_fifth() -> None:
    facts = prepare_corpus(REQUEST).facts
    sizes = []
    for request in race_requests(REQUEST, equal_parameters=True):
        assert request.cell is not None
        problem = Problem(settings=request.settings, corpus=facts, budget=REQUEST.budget)
        model = resolve(request.cell, problem).model
        sizes.append(sum(parameter.numel() for parameter in build_model(model).dense_parameters()))
    assert max(sizes) < 1.2 * min(sizes)
