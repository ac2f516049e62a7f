"""`benchmarks/fit_recipes.py` finds the numbers that made the runs it is given."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests import tiny

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "fit_recipes.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fit_recipes", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fit_recipes"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def made_up(script: ModuleType, n_runs: int) -> list[Any]:
    """Runs of sizes drawn at random, with scores that follow the formula for A = 50,000, B = 30,000 and C = 0.02."""
    random = np.random.default_rng(0)
    runs = []
    for number in range(n_runs):
        n_weights, n_trained, n_train = (int(10**power) for power in random.uniform((5.0, 5.5, 5.5), (6.5, 8.0, 7.0)))
        cell, at_best = [("lstm", 0.8), ("gru", 0.7)][number % 2]
        ratio = at_best + (5e4 / n_weights) ** 1.3 + (3e4 / n_trained) ** 0.7 + 0.02 * n_weights / n_train
        sizes = {"n_weights": n_weights, "n_trained": n_trained, "n_train": n_train}
        runs.append(script.Run(name="", cell=cell, ratio=ratio, tokens_per_s=1.0, **sizes))
    return runs


def test_all_numbers_are_found_from_many_different_runs(script: ModuleType) -> None:
    at_best, constants = script.fit_all(made_up(script, 30))
    assert at_best == pytest.approx({"lstm": 0.8, "gru": 0.7})
    assert constants == pytest.approx([5e4, 3e4, 0.02])


def test_runs_that_are_too_few_or_alike_determine_no_constants(script: ModuleType) -> None:
    assert script.fit_all(made_up(script, 5)) is None
    assert script.fit_all(made_up(script, 1) * 30) is None


def test_folders_of_runs_become_a_table(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [tiny.trained(tmp_path / name, cell="gru", settings={"seed": 1}) for name in ("a", "b")]
    monkeypatch.setattr(sys, "argv", ["fit_recipes.py", *map(str, folders)])
    script.main()
    rows = capsys.readouterr().out.splitlines()
    assert rows[2].startswith("| gru | 2 |")
    assert [row.split(" | ")[0] for row in rows[6:8]] == ["| a", "| b"]
    assert rows[6].endswith("+0.000 |") or rows[6].endswith("-0.000 |")  # two equal runs, and their mean
