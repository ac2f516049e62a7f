"""A race on pairs: which kind of model answers best, and how its runs are placed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seqgen.evaluation.pair_runs import PairRace
from seqgen.run import open_model, save_model
from tests import tiny_pairs


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """A model that always answers with the common label, one that never does, and one that has diverged."""
    folder = tmp_path_factory.mktemp("race")
    text = "".join(f"{word}\tyes\n" for word in tiny_pairs.KINDS["label"].split()[::2]) + "a\tno\n" * 20
    runs = {}
    for name, bias in (("wrong", -99.0), ("right", 99.0), ("diverged", np.nan)):
        path = tiny_pairs.trained(folder / name, text=text, targets="label")
        model = open_model(path)
        weights = {**model.weights, "head.bias": np.zeros(3, np.float32)}
        weights["head.bias"][model.tokenizer.encode("yes").ids] = bias
        save_model(
            path,
            replace(model.record, race="r"),
            tokenizer=model.tokenizer,
            weights=weights,
            source_tokenizer=model.source_tokenizer,
        )
        runs[name] = [path]
    return runs


def test_the_best_answers_win_and_a_model_that_has_diverged_has_none(folders: dict[str, list[Path]]) -> None:
    race = PairRace.of(folders)
    assert race is not None
    assert list(race.runs) == ["right", "wrong"]
    assert (race.measure, race.best.model.path.parent) == ("accuracy", folders["right"][0])
    assert race.figure(race.best) > race.figure(race.runs["wrong"][0])
    assert race.sentence.startswith(("right is better than wrong by ", "right and wrong cannot be told apart"))


def test_places_are_stored(folders: dict[str, list[Path]]) -> None:
    race = PairRace.of(folders)
    assert race is not None
    race.store_places()
    assert [open_model(folders[name][0]).record.race_place for name in ("right", "wrong")] == [1, 2]


def test_one_kind_alone_is_no_race(folders: dict[str, list[Path]]) -> None:
    assert PairRace.of({"right": folders["right"]}) is None
