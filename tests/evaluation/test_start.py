"""Whether a run should begin from a base: tried on the text, with a base so small that a test can train it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from seqgen.config import Budget, ByteConfig, CorpusConfig, FieldValue
from seqgen.errors import RunError
from seqgen.evaluation import NgramModel, choose_start, forecast, start
from seqgen.evaluation.start import foresee, try_start
from seqgen.run import SavedModel, open_model
from seqgen.training import Session, TrainingRequest, another_seed
from tests import tiny

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> SavedModel:
    """A base that has learned the tiny text."""
    folder = tmp_path_factory.mktemp("base")
    return open_model(tiny.trained(folder / "tales", tokenizer=ByteConfig(), budget=Budget(steps=250)))


@pytest.fixture
def request_for_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainingRequest:
    """What nobody has decided anything about, but for what keeps the models tiny."""
    monkeypatch.chdir(tmp_path)
    Path("story.txt").write_text(tiny.TEXT, encoding="utf-8")
    settings: dict[str, FieldValue] = {"precision": "float32", "d_model": 16, "n_streams": 4, "window": 16}
    corpus = CorpusConfig(paths=("story.txt",))
    return TrainingRequest(corpus=corpus, settings=settings, budget=Budget(minutes=0.02), device="cpu")


def expecting(bits: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every start from a base be expected to reach these bits per character."""
    monkeypatch.setattr(start, "foresee", lambda *_, **__: bits)


def test_a_trial_finds_what_the_base_knows_and_what_it_learns(
    base: SavedModel, request_for_text: TrainingRequest
) -> None:
    tried = try_start(request_for_text, base, device=CPU)
    assert tried is not None
    assert tried.trial_bits == pytest.approx(tried.bits_before, rel=0.1)
    assert tried.expected_bits == pytest.approx(tried.trial_bits, rel=0.1)
    assert tried.candidate.resolved.model.vocab_size == base.record.model.vocab_size


def test_a_trial_leaves_the_random_state_as_it_was(base: SavedModel, request_for_text: TrainingRequest) -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    try_start(request_for_text, base, device=CPU)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_base_that_knows_nothing_of_the_text_is_not_trained(
    base: SavedModel, request_for_text: TrainingRequest
) -> None:
    Path("story.txt").write_text("tttt.tt.ttt" * 500, encoding="utf-8")
    assert try_start(request_for_text, base, device=CPU) is None


@pytest.mark.parametrize(
    "change",
    [
        {"settings": {"d_model": 24}},
        {"corpus": CorpusConfig(paths=("story.txt",), valid_fraction=0)},
        {"corpus": CorpusConfig(paths=("-",))},
    ],
    ids=["another width", "nothing to validate on", "standard input"],
)
def test_where_a_trial_makes_no_sense_there_is_none(
    change: dict[str, object], base: SavedModel, request_for_text: TrainingRequest
) -> None:
    changed = dataclasses.replace(request_for_text, **change)  # type: ignore[arg-type]
    assert try_start(changed, base, device=CPU) is None


def test_a_long_text_is_not_tried(
    base: SavedModel, request_for_text: TrainingRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "MAX_TRAIN_BYTES", 1000)
    assert try_start(request_for_text, base, device=CPU) is None


def test_bits_are_expected_to_fall_with_the_time_and_with_what_the_trial_gained() -> None:
    assert foresee(2.0, 1.8, share=0.01) < foresee(2.0, 1.8, share=0.1) < 1.8
    assert foresee(9.0, 1.8, share=0.1) < foresee(2.0, 1.8, share=0.1)
    assert foresee(1.8, 1.9, share=0.1) == 1.9


@pytest.mark.parametrize("bits", [0.1, 99.0])
def test_the_start_that_should_predict_better_is_chosen_and_said(
    bits: float, base: SavedModel, request_for_text: TrainingRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    expecting(bits, monkeypatch)
    chosen = choose_start(request_for_text, base)
    assert chosen.planned is not None
    assert (chosen.parent is base) == (bits < 1)
    assert chosen.planned.notes[-1].startswith("begins from tales: 0.10" if bits < 1 else "begins from nothing: ")
    opened = Session.start(dataclasses.replace(chosen, folder=Path("run")))
    opened.close()
    assert opened.record.notes[-1] == chosen.planned.notes[-1]
    assert opened.record.parent == (base.sha256 if bits < 1 else None)
    assert opened.record.model == chosen.planned.model


def test_no_ngrams_are_counted_where_a_base_is_not_compared(
    base: SavedModel, request_for_text: TrainingRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "MAX_TRAIN_BYTES", 1000)
    monkeypatch.delattr(NgramModel, "nats")
    chosen = choose_start(request_for_text, base)
    assert chosen.parent is None
    assert chosen.planned is not None
    assert not any("begins from" in note for note in chosen.planned.notes)


def test_the_candidates_of_a_forecast_are_sorted_with_the_base_among_them(
    base: SavedModel, request_for_text: TrainingRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    expecting(0.1, monkeypatch)
    prospects = forecast(request_for_text, base=base).prospects
    assert [prospect.base for prospect in prospects] == [base, *[None] * (len(prospects) - 1)]
    assert [bits for _, bits, _ in prospects] == sorted(bits for _, bits, _ in prospects)
    assert forecast(request_for_text).start is None


def test_a_folder_that_exists_is_refused_before_anything_is_tried(
    base: SavedModel, request_for_text: TrainingRequest
) -> None:
    Path("run").mkdir()
    (Path("run") / "model.safetensors").touch()
    with pytest.raises(RunError, match="run"):
        choose_start(dataclasses.replace(request_for_text, folder=Path("run")), base)


def test_another_seed_begins_from_the_same_base(
    base: SavedModel, request_for_text: TrainingRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    expecting(0.1, monkeypatch)
    chosen = choose_start(dataclasses.replace(request_for_text, folder=Path("run")), base)
    first = Session.start(chosen)
    first.close()
    second = Session.start(another_seed(chosen, first.record, folder=first.folder, n=1))
    second.close()
    assert second.record.training.seed == first.record.training.seed + 1
    assert second.record.parent == base.sha256
