"""What is planned for a time, with a machine whose throughput is made up."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from seqgen.config import DEFAULT_CELL, Budget, Cell, FieldValue, ModelConfig, Precision, TrainingConfig
from seqgen.errors import ConfigError
from seqgen.training.planning import planner
from seqgen.training.planning.planner import Candidate, Planner, describe
from seqgen.training.planning.problem import CorpusFacts, Problem
from seqgen.training.planning.recipes import PLANNED_CELLS
from seqgen.training.planning.throughput import Throughput
from seqgen.training.planning.timing import UNSTEADY_NOTE

CORPUS = CorpusFacts(vocab_size=66, n_train=1_000_000, n_valid=100_000)


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A machine on which a wider model is slower in proportion; what is measured on it is noted."""
    seen: dict[str, Any] = {"precision": "bfloat16", "measured": [], "spread": 1.1, "speed_up": [1.0] * 100}

    def measure(model: ModelConfig, training: TrainingConfig, *, device: torch.device) -> Throughput:
        seen["measured"].append((model, training))
        tokens_per_s = 1e7 / model.d_model / model.n_layer
        step_s = training.n_streams * training.window / tokens_per_s
        n_weights = 8 * model.n_layer * model.d_model**2
        return Throughput(
            step_s=step_s,
            tokens_per_s=tokens_per_s * seen["speed_up"].pop(0),
            memory_bytes=10**6,
            n_parameters=n_weights + 10**5,
            n_weights=n_weights,
            spread=seen["spread"],
        )

    def choose(device: torch.device, d_model: int) -> tuple[Precision, str]:
        return seen["precision"], "made up"

    monkeypatch.setattr(planner, "measure_throughput", measure)
    monkeypatch.setattr(planner, "choose_precision", choose)
    return seen


def planned(
    cell: Cell | None = None,
    settings: dict[str, FieldValue] | None = None,
    minutes: float = 5.0,
    corpus: CorpusFacts = CORPUS,
) -> list[Candidate]:
    problem = Problem(settings=settings or {}, corpus=corpus, budget=Budget(minutes=minutes))
    return Planner(problem=problem, cell=cell).candidates()


@pytest.mark.parametrize("minutes", [0.1, 5.0, 600.0])
def test_the_most_promising_comes_first(minutes: float) -> None:
    ratios = [candidate.expected_ratio for candidate in planned(minutes=minutes)]
    assert ratios == sorted(ratios)
    assert len(ratios) > 3


def test_every_planned_cell_is_tried_and_shapes_next_to_that_of_the_default_one() -> None:
    cells = [candidate.resolved.model.cell for candidate in planned()]
    assert set(cells) == set(PLANNED_CELLS)
    assert {cell: cells.count(cell) for cell in cells if cells.count(cell) > 1} == {DEFAULT_CELL: 4}


def test_a_cell_that_is_set_is_tried_narrower_wider_and_deeper() -> None:
    models = [candidate.resolved.model for candidate in planned("gru")]
    assert {model.cell for model in models} == {"gru"}
    shapes = {(model.n_layer, model.d_model) for model in models}
    assert shapes == {(1, 384), (1, 512), (1, 640), (2, 384)}


def test_layers_that_are_set_are_kept() -> None:
    models = [candidate.resolved.model for candidate in planned("lstm", {"n_layer": 3})]
    assert {model.n_layer for model in models} == {3}
    assert len({model.d_model for model in models}) == len(models) == 3


@pytest.mark.parametrize("cell", [None, "transformer"])
def test_a_width_that_is_set_is_kept(cell: Cell | None) -> None:
    models = [candidate.resolved.model for candidate in planned(cell, {"d_model": 80})]
    assert {model.d_model for model in models} == {80}
    assert len(models) == len({model.cell for model in models})


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_type_that_was_timed_is_the_one_that_is_trained_in(precision: str, machine: dict[str, Any]) -> None:
    machine["precision"] = precision
    assert {candidate.resolved.training.precision for candidate in planned()} == {precision}
    assert {training.precision for _, training in machine["measured"]} == {precision}


def test_a_type_that_is_set_is_not_chosen_again() -> None:
    candidates = planned(settings={"precision": "float32"})
    assert {candidate.resolved.training.precision for candidate in candidates} == {"float32"}


@pytest.mark.parametrize("n_train", [100_000, 199_000, 1_000_000, 5_000_000])
@pytest.mark.parametrize("minutes", [0.1, 15.0, 600.0])
def test_what_is_planned_is_what_was_timed(n_train: int, minutes: float, machine: dict[str, Any]) -> None:
    """A machine slower or faster than a laptop would have been given another shape from the start."""
    corpus = CorpusFacts(vocab_size=66, n_train=n_train, n_valid=0)
    every: list[dict[str, FieldValue]] = [{}, {"d_model": 24}]
    for settings in every:
        machine["measured"].clear()
        candidates = planned(settings=settings, minutes=minutes, corpus=corpus)
        shapes = {
            (model.cell, model.n_layer, model.d_model, training.n_streams, training.window)
            for model, training in machine["measured"]
        }
        for candidate in candidates:
            model, training = candidate.resolved.model, candidate.resolved.training
            assert (model.cell, model.n_layer, model.d_model, training.n_streams, training.window) in shapes
        assert len(candidates) == len(shapes)


def test_steps_and_epochs_are_what_the_time_pays_for() -> None:
    for candidate in planned(minutes=2.0):
        assert candidate.n_steps == int(120 / candidate.throughput.step_s)
        assert candidate.n_epochs == pytest.approx(120 * candidate.throughput.tokens_per_s / 1_000_000)


def test_the_measured_speed_decides_dropout_and_the_distance_of_validations() -> None:
    few, many = (planned("lstm", {"d_model": 64}, minutes)[0].resolved for minutes in (0.5, 100.0))
    assert few.model.dropout < many.model.dropout
    assert few.training.evaluate_every < many.training.evaluate_every


def test_a_time_too_short_for_one_step_is_one_line() -> None:
    with pytest.raises(
        ConfigError, match=r"minutes is 1e-06, which is too short: a single step takes .* s\. Give"
    ) as error:
        planned(minutes=1e-6)
    assert "\n" not in str(error.value)


def test_a_plan_is_for_a_time() -> None:
    with pytest.raises(ConfigError, match="give --minutes"):
        Planner(problem=Problem(settings={}, corpus=CORPUS, budget=Budget(steps=5))).candidates()


def test_a_description_is_one_line_that_begins_with_the_winner() -> None:
    candidates = planned()
    text = describe(candidates)
    best = candidates[0].resolved.model
    assert text.startswith(f"{best.cell} {best.n_layer}x{best.d_model} (")
    assert "\n" not in text
    assert "also timed" not in describe(candidates[:1])


def speeds(candidates: list[Candidate]) -> dict[tuple[int, int], float]:
    """Tokens per second by layers and width."""
    return {
        (candidate.resolved.model.n_layer, candidate.resolved.model.d_model): candidate.throughput.tokens_per_s
        for candidate in candidates
    }


def test_steady_timings_are_made_once(machine: dict[str, Any]) -> None:
    candidates = planned("gru")
    assert len(machine["measured"]) == len(candidates)
    assert not candidates[0].was_repeated


def test_unsteady_timings_are_repeated_and_the_faster_one_of_each_candidate_counts(machine: dict[str, Any]) -> None:
    steady = speeds(planned("gru"))
    machine["measured"].clear()
    machine["spread"], machine["speed_up"] = 2.0, [1.0] * len(steady) + [2.0, *[0.5] * (len(steady) - 1)]
    candidates = planned("gru")
    assert len(machine["measured"]) == 2 * len(steady)
    assert all(candidate.was_repeated for candidate in candidates)
    assert sorted(speed / steady[shape] for shape, speed in speeds(candidates).items()) == [1.0] * (len(steady) - 1) + [
        2.0
    ]


def test_a_run_that_was_planned_on_a_busy_machine_says_so(machine: dict[str, Any]) -> None:
    machine["spread"] = 2.0
    problem = Problem(settings={}, corpus=CORPUS, budget=Budget(minutes=5))
    assert UNSTEADY_NOTE in Planner(problem=problem, cell="gru").choose().notes
