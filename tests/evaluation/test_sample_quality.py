"""The quality of samples: measures are 0 and 1 where they must be, and human text is closest to itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqgen.config import Budget
from seqgen.errors import CorpusError
from seqgen.evaluation import HumanText, QualityReport, measure_quality
from seqgen.evaluation.sample_quality import measure_temperatures
from seqgen.run import SavedModel, open_model
from tests import tiny


@pytest.fixture(scope="module")
def model(run_folder: Path) -> SavedModel:
    return open_model(run_folder)


def test_measures_of_texts_whose_answer_is_known(model: SavedModel) -> None:
    human_text = HumanText(model.tokenizer, train=tiny.TEXT, held_out=tiny.TEXT, n_characters=900)
    half = tiny.TEXT[: len(tiny.TEXT) // 2]
    same = human_text.measure([half], ended=0.5)
    assert same.distance == pytest.approx(0)
    assert same.real_words == pytest.approx(1, abs=0.02)
    assert same.ended == 0.5
    repeated = human_text.measure(["Mina sat by the river. " * 20])
    assert repeated.repeated > 0.9
    assert repeated.diversity == pytest.approx(5 / 100)
    noise = human_text.measure(["irev tas " * 3 + "yb reh ginam"])
    assert noise.real_words == 0
    assert noise.surprise > same.surprise
    assert 0.5 < noise.distance <= 1
    assert human_text.human.temperature is None


def test_the_temperature_that_is_closest_is_neither_cold_nor_hot(tmp_path: Path) -> None:
    text = tiny.TEXT * 10
    model = open_model(tiny.trained(tmp_path / "run", text=text, budget=Budget(steps=150), settings={"d_model": 32}))
    human_text = HumanText(model.tokenizer, train=text, held_out=text, n_characters=2400)
    samples = tuple(measure_temperatures(model, human_text, n_samples=8, length=300, temperatures=(0.05, 1.0, 6.0)))
    assert [quality.temperature for quality in samples] == [0.05, 1.0, 6.0]
    best = QualityReport(human_text.human, samples).best
    assert best is not None and best.temperature == 1.0
    assert samples[0].diversity < samples[2].diversity
    assert samples[0].real_words > samples[2].real_words


def test_the_share_of_samples_that_end_by_themselves_is_counted(tmp_path: Path) -> None:
    model = open_model(tiny.trained(tmp_path / "run", documents="line", budget=Budget(steps=60)))
    human_text = HumanText(model.tokenizer, train=tiny.TEXT, held_out=tiny.TEXT, n_characters=900)
    (quality,) = measure_temperatures(model, human_text, n_samples=10, length=400, temperatures=(1.0,))
    assert quality.ended > 0.5


def test_samples_are_compared_with_the_validation_part_of_the_run(tmp_path: Path) -> None:
    model = open_model(tiny.trained(tmp_path / "run", text=tiny.TEXT * 4))
    report = measure_quality(model, n_samples=2, length=50)
    assert report.human.temperature is None and report.human.real_words > 0.9
    assert len(report.samples) == 10
    assert report.to_json()["best_temperature"] == (report.best and report.best.temperature)


def test_no_temperature_is_recommended_to_a_model_that_has_learned_nothing(tmp_path: Path) -> None:
    model = open_model(tiny.trained(tmp_path / "run", text=tiny.TEXT * 4, budget=Budget(steps=1)))
    report = measure_quality(model, n_samples=4, length=100)
    assert report.best is None
    assert report.to_json()["best_temperature"] is None


def test_a_short_validation_part_is_refused(model: SavedModel) -> None:
    with pytest.raises(CorpusError, match=r"has 600 characters: comparing samples with it takes 2,000 or more"):
        measure_quality(model, n_samples=1)
