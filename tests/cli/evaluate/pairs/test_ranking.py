"""The order of runs of pairs and of baselines: only what has the same measure is ranked, seeds together."""

from __future__ import annotations

import csv
import json
import re
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seqgen.cli.evaluate.pairs.tables import pair_tables
from seqgen.config import Budget
from seqgen.evaluation import TextSelection
from seqgen.evaluation.pair_runs import ScoredPairs, compare_runs, pair_sets
from seqgen.run import open_model
from tests import tiny_pairs
from tests.cli.evaluate.commands import evaluate, scores
from tests.evaluation.pair_runs.answered import answered

_REFERENCES = ["", "x"]
"""An empty answer is right, and has no character error rate: its nearest target is empty."""


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs that differ in their seed, and one that differs from them in its budget."""
    folder = tmp_path_factory.mktemp("seeds")
    for seed in range(2):
        tiny_pairs.trained(folder / f"fox-seed-{seed}", text=tiny_pairs.KINDS["label"], settings={"seed": seed})
    tiny_pairs.trained(folder / "longer", text=tiny_pairs.KINDS["label"], budget=Budget(steps=6))
    return folder


@pytest.fixture
def in_seeds(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(seeds)


NAMES = ["fox-seed-0", "fox-seed-1"]


@pytest.fixture(scope="module")
def row(trained: Path) -> ScoredPairs:
    (pair_set,) = pair_sets(open_model(trained / "words"), TextSelection(part="test"))
    return ScoredPairs.of(open_model(trained / "words"), pair_set)


def reports(*arguments: str) -> list[dict[str, Any]]:
    """Everything in the JSON report."""
    objects: list[dict[str, Any]] = json.loads(evaluate(*arguments, "--json").stdout)
    return objects


def test_answers_without_an_error_rate_are_ranked_by_the_measure_that_all_have(row: ScoredPairs) -> None:
    baselines = [answered("xy", _REFERENCES, "wrong"), answered("", _REFERENCES, "right")]
    runs = [replace(row, answers=answered(text, _REFERENCES, text), baselines=baselines) for text in ("xyz", "x")]
    (table,) = pair_tables(runs)
    assert table.measure == "exact match"
    assert [line.name for line in table.lines] == ["x", "right", "xyz", "wrong"]


def test_a_run_without_the_error_rate_is_in_the_same_table(row: ScoredPairs) -> None:
    runs = [replace(row, answers=answered(text, _REFERENCES, text or "empty")) for text in ("xyz", "")]
    (table,) = pair_tables(runs)
    assert [line.name for line in table.lines] == ["empty", "xyz"]
    assert len(compare_runs(runs)) == 1


def test_answers_with_an_error_rate_are_ranked_by_it(row: ScoredPairs) -> None:
    (table,) = pair_tables([replace(row, answers=answered(text, ["abc"], text)) for text in ("xyz", "abd")])
    assert table.measure == "character error rate"
    assert [line.name for line in table.lines] == ["abd", "xyz"]


def test_labels_and_texts_are_not_ranked_with_each_other_which_is_said(tmp_path: Path) -> None:
    path = tmp_path / "other.tsv"
    path.write_text(tiny_pairs.labelled_words(20), encoding="utf-8")
    shown = evaluate("kinds", "words", "--on", path).stdout
    assert (
        "not ranked with each other, because labels and texts have different measures: kinds (labels); words" in shown
    )
    found = {Path(item["run"]).parent.name: item for item in scores("kinds", "words", "--on", path)}
    assert (found["kinds"]["rank"], found["kinds"]["ranked_by"]) == (1, "accuracy")
    assert (found["words"]["rank"], found["words"]["ranked_by"]) == (1, "character error rate")


def test_runs_on_different_pairs_are_not_ranked_which_is_said() -> None:
    hint = "these runs were scored on different pairs, so they are not ranked"
    assert hint in evaluate("words", "kinds").stdout
    assert hint not in evaluate("words").stdout


@pytest.mark.usefixtures("in_seeds")
def test_runs_that_differ_only_in_their_seed_are_one_row_of_means() -> None:
    shown = evaluate(*NAMES, "longer").stdout.splitlines()
    accuracies = [item["accuracy"] for item in scores(*NAMES)]
    mean, deviation = (100 * of(accuracies) for of in (statistics.fmean, statistics.stdev))
    (line,) = (line for line in shown if line.startswith("fox, 2 seeds  "))
    assert f"{mean:.1f} % ± {deviation:.1f}" in line
    assert f"accuracy {mean:.1f} % ± {deviation:.1f}; means over the seeds, ± the standard deviation" in shown
    assert any(line.startswith("fox, 2 seeds, on fox-seed-0.tsv (valid), 5 pairs: ") for line in shown)
    assert max(map(len, shown[shown.index("") + 1 : shown.index("", shown.index("") + 1)])) <= 80


@pytest.mark.usefixtures("in_seeds")
def test_seeds_are_compared_together_and_only_verbosely_with_each_other() -> None:
    shown = evaluate(*NAMES, "longer").stdout
    assert "fox, 2 seeds and longer cannot be told apart" in shown or "longer and fox, 2 seeds cannot" in shown
    assert re.search("fox, 2 seeds and naive Bayes.* cannot be told apart: they differ on [35] pairs only", shown)
    assert shown.count("cannot be told apart: they differ on") == 2  # `longer` and the best baseline too
    assert "fox-seed-0 " not in shown
    assert "fox-seed-0 and fox-seed-1" in evaluate(*NAMES, "-v").stdout


@pytest.mark.usefixtures("in_seeds")
def test_the_json_has_each_seed_and_their_means_with_one_rank() -> None:
    *runs, other = [item for item in reports(*NAMES, "longer") if "run" in item]
    (pool,) = (item for item in reports(*NAMES, "longer") if "pooled" in item)
    assert pool["pooled"] == [item["run"] for item in runs]
    assert {item["rank"] for item in runs} == {pool["rank"]} != {other["rank"]}
    for key in ("accuracy", "macro_f1", "nats_per_target"):
        values = [item[key] for item in runs]
        assert pool["mean"][key] == pytest.approx(statistics.fmean(values))
        assert pool["standard_deviation"][key] == pytest.approx(statistics.stdev(values))


@pytest.mark.usefixtures("in_seeds")
def test_csv_has_the_means_in_full() -> None:
    rows = {row["model"]: row for row in csv.DictReader(evaluate(*NAMES, "--form", "csv").stdout.splitlines())}
    assert float(rows["fox, 2 seeds"]["accuracy"]) == pytest.approx(
        statistics.fmean(item["accuracy"] for item in scores(*NAMES))
    )


@pytest.mark.usefixtures("in_seeds")
def test_one_run_alone_has_no_means() -> None:
    assert "seeds" not in evaluate(NAMES[0]).stdout
    assert all("pooled" not in item for item in reports(NAMES[0]))
