"""The quality of samples: measures are 0 and 1 where they must be, and human text is closest to itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqgen.config import Budget, WhitespaceConfig
from seqgen.corpus import reopen_part
from seqgen.errors import CorpusError
from seqgen.evaluation import HumanText, Quality, QualityReport, measure_quality, read_whole
from seqgen.evaluation.sample_quality import measure_temperatures
from seqgen.run import SavedModel, open_model
from seqgen.tokenizers import train_tokenizer
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


def quality(**changes: float) -> Quality:
    values = {"surprise": 3, "distance": 0.3, "diversity": 0.4, "real_words": 1, "repeated": 0}
    return Quality(**{**values, "clean_sentences": 0.8, "unit_surprise": 6, "distinct": 0.9, **changes})


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({"clean_sentences": 0.7}, 0.1),
        ({"real_words": 0.9}, 0.1),
        ({"unit_surprise": 6.6}, 0.1),
        ({"distinct": 0.8}, 0.15),
    ],
)
def test_broken_unlikely_and_dull_texts_have_more_faults(changes: dict[str, float], more: float) -> None:
    assert quality(**changes).faults(quality()) == pytest.approx(quality().faults(quality()) + more)


def test_more_variety_than_people_have_makes_up_for_nothing() -> None:
    assert quality(distinct=1.0).faults(quality()) == quality().faults(quality())


def test_a_single_lucky_temperature_is_not_the_best() -> None:
    broken = (0.8, 0.1, 0.9, 0.3, 0.2, 0.3, 0.8)
    pairs = enumerate(broken, start=2)
    samples = tuple(quality(temperature=number / 10, clean_sentences=1 - share) for number, share in pairs)
    assert QualityReport(quality(), samples).to_json()["best_temperature"] == 0.6


def test_the_best_temperature_has_neighbours() -> None:
    samples = tuple(quality(temperature=number, distinct=number) for number in (0.5, 0.6, 0.7, 0.8))
    best = QualityReport(quality(), samples).best
    assert best is not None and best.temperature == 0.7


def test_loops_noise_and_mixed_words_have_more_faults_than_a_story(model: SavedModel) -> None:
    train, story = tiny.READABLE[:15000], tiny.READABLE[15000:]
    human_text = HumanText(model.tokenizer, train=train, held_out=story * 2, n_characters=len(story))
    words = story.split()
    loop, mixed, noise = "Mina sat by the river. " * 200, " ".join(sorted(words)), " ".join(w[::-1] for w in words)
    faults = {text: human_text.measure([text]).faults(human_text.human) for text in (story, loop, mixed, noise)}
    assert min(faults, key=lambda text: faults[text]) == story


def test_low_temperatures_repeat_and_high_ones_invent_words(tmp_path: Path) -> None:
    text = tiny.TEXT * 10
    model = open_model(tiny.trained(tmp_path / "run", text=text, budget=Budget(steps=150), settings={"d_model": 32}))
    human_text = HumanText(model.tokenizer, train=text, held_out=text, n_characters=2400)
    samples = list(measure_temperatures(model, human_text, n_samples=8, length=300, temperatures=(0.05, 6.0)))
    assert [quality.temperature for quality in samples] == [0.05, 6.0]
    assert samples[0].distinct < samples[1].distinct
    assert samples[0].real_words > samples[1].real_words


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


@pytest.mark.parametrize("most", [0, 1, 700, 10_000])
def test_of_a_long_text_only_the_beginning_is_read(most: int, model: SavedModel, run_folder: Path) -> None:
    part = reopen_part(model.record.corpus, "train", corpus_paths=[str(run_folder.with_suffix(".txt"))])
    assert read_whole(part, model.tokenizer, most=most) == tiny.TEXT[:5400][:most]


def test_a_short_validation_part_is_refused(model: SavedModel) -> None:
    with pytest.raises(CorpusError, match=r"has 600 characters: comparing samples with it takes 1,000 or more"):
        measure_quality(model, n_samples=1)


def test_a_closed_vocabulary_is_not_asked_for_the_half_of_a_word_at_which_a_text_was_cut() -> None:
    text = "one <unk> three " * 50
    tokenizer = train_tokenizer(WhitespaceConfig(), [text], n_bytes=len(text))
    for n_characters in (7, 8, 9, 10):
        quality = HumanText(tokenizer, train=text, held_out=text[4:] + text, n_characters=n_characters)
        assert quality.measure(["three one <un"]).real_words > 0
