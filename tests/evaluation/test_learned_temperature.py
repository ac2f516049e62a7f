"""The temperature that a model learns at its end: the same each time, stored beside unchanged weights, or none."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from seqgen.errors import RunError
from seqgen.evaluation import best_temperature, learn_temperature
from seqgen.evaluation.learned_temperature import TEMPERATURES
from seqgen.run import MODEL_FILE, FolderLock, RunRecord, open_model
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


def test_the_temperature_is_stored_and_the_weights_keep_their_bytes(run: Path, learned: Path) -> None:
    before = open_model(run)
    temperature = learn_temperature(run, corpus_paths=text_of(learned))
    after = open_model(run)
    assert temperature in TEMPERATURES
    assert after.temperature == after.record.temperature == temperature
    assert after.record == dataclasses.replace(before.record, temperature=temperature)
    for name, array in before.weights.items():
        np.testing.assert_array_equal(array, after.weights[name])


def test_the_same_model_learns_the_same_temperature(run: Path, learned: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(learned, tmp_path / "other"))
    for folder in (run, other):
        learn_temperature(folder, corpus_paths=text_of(learned))
    assert (run / MODEL_FILE).read_bytes() == (other / MODEL_FILE).read_bytes()


def test_a_stored_temperature_is_not_measured_again(run: Path, learned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temperature = learn_temperature(run, corpus_paths=text_of(learned))
    monkeypatch.delattr("seqgen.evaluation.learned_temperature.best_temperature")
    assert learn_temperature(run) == temperature


def test_a_model_that_knows_nothing_gets_none_and_its_file_stays(run_folder: Path) -> None:
    before = (run_folder / MODEL_FILE).read_bytes()
    assert learn_temperature(run_folder) is None
    assert (run_folder / MODEL_FILE).read_bytes() == before


def without_validation(record: RunRecord) -> RunRecord:
    progress = dataclasses.replace(record.progress, valid_nats_per_token=None)
    return dataclasses.replace(record, progress=progress)


def test_a_model_that_was_not_validated_gets_none(learned: Path) -> None:
    model = open_model(learned)
    model = dataclasses.replace(model, record=without_validation(model.record))
    assert best_temperature(model, corpus_paths=text_of(learned)) is None


def test_a_run_that_has_only_begun_gets_none(learned: Path) -> None:
    model = open_model(learned)
    record = dataclasses.replace(model.record, progress=dataclasses.replace(model.record.progress, n_tokens=9_999))
    assert best_temperature(dataclasses.replace(model, record=record), corpus_paths=text_of(learned)) is None


def test_a_model_whose_text_is_gone_gets_none(learned: Path) -> None:
    text = learned.with_name("run.txt")
    hidden = text.rename(text.with_suffix(".hidden"))
    try:
        assert best_temperature(open_model(learned)) is None
    finally:
        hidden.rename(text)


def test_a_model_too_large_to_be_measured_in_seconds_gets_none(learned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.evaluation.learned_temperature._MOST_WORK", 1e6)
    assert best_temperature(open_model(learned), corpus_paths=text_of(learned)) is None


def test_a_run_that_is_being_trained_is_left_alone(run: Path) -> None:
    lock = FolderLock.acquire(run)
    try:
        with pytest.raises(RunError, match="in use by another training run"):
            learn_temperature(run)
    finally:
        lock.release()
