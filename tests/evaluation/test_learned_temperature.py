"""The temperature that a model learns at its end: the same each time, stored beside unchanged weights, or none."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from seqgen.corpus import reopen_part
from seqgen.evaluation import Closing, close_run
from seqgen.evaluation.learned_temperature import TEMPERATURES, best_temperature
from seqgen.run import MODEL_FILE, RunRecord, SavedModel, amend_model, open_model
from tests import tiny


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that knows some words. Tests copy it before they write into it."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQGEN_CACHE", str(folder.parent / "cache"))
        return tiny.trained(folder, text=tiny.READABLE, **tiny.LEGIBLE)


@pytest.fixture
def run(learned: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(learned, tmp_path / "run"))


def text_of(learned: Path) -> tuple[str]:
    return (str(learned.with_name("run.txt")),)


def best(model: SavedModel, learned: Path) -> float | None:
    """The best temperature of a model that is like the learned one, but for what a test has changed."""
    paths = text_of(learned)
    parts = {name: reopen_part(model.record.corpus, name, corpus_paths=paths) for name in model.record.corpus.parts}
    return best_temperature(model, parts)


def test_the_temperature_is_stored_and_the_weights_keep_their_bytes(run: Path, learned: Path) -> None:
    before = open_model(run)
    temperature = close_run(run, corpus_paths=text_of(learned)).temperature
    after = open_model(run)
    assert temperature in TEMPERATURES
    assert after.temperature == after.record.temperature == temperature
    assert after.record == dataclasses.replace(before.record, temperature=temperature)
    for name, array in before.weights.items():
        np.testing.assert_array_equal(array, after.weights[name])


def test_the_same_model_learns_the_same_temperature(run: Path, learned: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(learned, tmp_path / "other"))
    for folder in (run, other):
        close_run(folder, corpus_paths=text_of(learned))
    assert (run / MODEL_FILE).read_bytes() == (other / MODEL_FILE).read_bytes()


def test_a_stored_temperature_is_not_measured_again(run: Path, learned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    amend_model(run / MODEL_FILE, temperature=0.3)
    monkeypatch.delattr("seqgen.evaluation.closing.best_temperature")
    assert close_run(run, corpus_paths=text_of(learned)).temperature == 0.3


def test_a_model_that_knows_nothing_gets_none_and_its_file_stays(run_folder: Path) -> None:
    before = (run_folder / MODEL_FILE).read_bytes()
    assert close_run(run_folder) == Closing(None, None)
    assert (run_folder / MODEL_FILE).read_bytes() == before


def without_validation(record: RunRecord) -> RunRecord:
    progress = dataclasses.replace(record.progress, valid_nats_per_token=None)
    return dataclasses.replace(record, progress=progress)


def test_a_model_that_was_not_validated_gets_none(learned: Path) -> None:
    model = open_model(learned)
    assert best(dataclasses.replace(model, record=without_validation(model.record)), learned) is None


def test_a_run_that_has_only_begun_gets_none(learned: Path) -> None:
    model = open_model(learned)
    record = dataclasses.replace(model.record, progress=dataclasses.replace(model.record.progress, n_tokens=9_999))
    assert best(dataclasses.replace(model, record=record), learned) is None


def test_a_model_too_large_to_be_measured_in_seconds_gets_none(learned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.evaluation.learned_temperature._MOST_WORK", 1e6)
    assert best(open_model(learned), learned) is None
