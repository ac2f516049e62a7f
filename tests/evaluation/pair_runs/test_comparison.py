"""Comparisons of answers, of which some lack a measure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seqgen.evaluation import TextSelection
from seqgen.evaluation.pair_runs import ScoredPairs, beside_best_baseline, compare_runs, pair_sets
from seqgen.evaluation.pair_runs.comparison import compare_answers
from seqgen.run import open_model
from tests import tiny_pairs
from tests.evaluation.pair_runs.answered import answered


@pytest.mark.parametrize(
    ("references", "texts", "shared"),
    [
        (["a", "  "], ("a", "  "), ["character error rate", "exact match"]),
        (["", "x"], ("x", ""), ["exact match"]),
    ],
)
def test_answers_are_compared_by_the_measures_that_both_have(
    references: list[str], texts: tuple[str, str], shared: list[str]
) -> None:
    first, second = (answered(text, references) for text in texts)
    for one, other in ((first, second), (second, first)):
        assert [difference.measure for difference in compare_answers(one, other)] == shared


@pytest.fixture(scope="module")
def row(tmp_path_factory: pytest.TempPathFactory) -> ScoredPairs:
    folder: Path = tmp_path_factory.mktemp("runs") / "run"
    model = open_model(tiny_pairs.trained(folder, test_fraction=0.2))
    (pair_set,) = pair_sets(model, TextSelection(part="test"))
    return ScoredPairs.of(model, pair_set)


def test_runs_are_compared_though_their_main_measures_differ(row: ScoredPairs) -> None:
    rows = [replace(row, answers=answered(text, ["", "x"])) for text in ("x", "")]
    (comparison,) = compare_runs(rows)
    assert [difference.measure for difference in comparison.differences] == ["exact match"]


def test_the_best_baseline_is_the_best_by_a_measure_that_all_have(row: ScoredPairs) -> None:
    baselines = [answered("xy", ["", "x"], "near"), answered("", ["", "x"], "exact")]
    difference = beside_best_baseline([replace(row, answers=answered("x", ["", "x"]), baselines=baselines)])
    assert difference is not None
    assert (difference.measure, difference.second) == ("exact match", "exact")
