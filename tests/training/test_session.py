"""A session and its run folder: saved, stopped, resumed, or begun from another model."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from seqgen.config import (
    Budget,
    Cell,
    CharConfig,
    CorpusConfig,
    Precision,
    SentencePieceConfig,
    TokenizerConfig,
    WordConfig,
)
from seqgen.errors import ConfigError, CorpusError, RunError
from seqgen.models import build_model, load_weights
from seqgen.run import load_checkpoint, open_model
from seqgen.scoring import sum_nats
from seqgen.training import EndReport, Session, StepReport, TrainingRequest, ValidationReport
from seqgen.training.data import reopen_corpus
from tests import tiny
from tests.tiny import metrics_lines

BUDGET = Budget(steps=26)
SETTINGS: dict[str, Any] = {"evaluate_every": 6, "dropout": 0.3}


def weights_and_metrics(folder: Path) -> tuple[list[Any], list[dict[str, Any]]]:
    """All tensors of both files as bytes, and the reports without what the clock says."""
    tensors = [*sorted(open_model(folder).weights.items()), *sorted(load_checkpoint(folder).tensors.items())]
    lines = [{k: v for k, v in line.items() if not k.endswith("_s")} for line in metrics_lines(folder)]
    return [(name, array.tobytes()) for name, array in tensors if name != "clock.elapsed_s"], lines


def trained_in_parts(folder: Path, *, stop_after: int, **options: Any) -> Path:
    """The folder of a run that `tiny.start` describes, stopped after a step and resumed to its end."""
    session = tiny.start(folder, **options)
    for report in session.reports():
        if isinstance(report, StepReport) and report.step == stop_after:
            break
    session.save()
    session.close()
    for _ in Session.resume(folder, device="cpu").reports():
        pass
    return folder


@pytest.mark.parametrize("cell", get_args(Cell))
@pytest.mark.parametrize(("stop_after", "precision"), [(1, "bfloat16"), (13, "float32")])
def test_stopped_and_resumed_gives_the_same_bytes_as_never_stopped(
    cell: Cell, stop_after: int, precision: Precision, tmp_path: Path
) -> None:
    settings = {**SETTINGS, "precision": precision}
    whole = tiny.trained(tmp_path / "whole", cell=cell, budget=BUDGET, settings=settings)
    parts = trained_in_parts(tmp_path / "parts", stop_after=stop_after, cell=cell, budget=BUDGET, settings=settings)
    assert weights_and_metrics(parts) == weights_and_metrics(whole)


@pytest.mark.parametrize("stop_after", [3, 13])
def test_average_muon_and_varied_shifted_epochs_resume_with_the_same_bytes(stop_after: int, tmp_path: Path) -> None:
    settings = {
        **SETTINGS,
        "n_streams": 16,
        "window": 64,
        "optimizer": "muon",
        "average": 16.0,
        "vary_window": True,
        "shift_epochs": True,
    }
    whole = tiny.trained(tmp_path / "whole", budget=BUDGET, settings=settings)
    session = tiny.start(tmp_path / "parts", budget=BUDGET, settings=settings)
    for report in session.reports():
        if isinstance(report, StepReport) and report.step == stop_after:
            break
    session.save()
    session.close()
    resumed = Session.resume(tmp_path / "parts", device="cpu")
    for _ in resumed.reports():
        pass
    assert resumed.state.epoch >= 2
    assert weights_and_metrics(tmp_path / "parts") == weights_and_metrics(whole)


@pytest.mark.parametrize("average", [None, 0.0])
def test_the_model_that_is_kept_has_the_nats_that_were_reported(average: float | None, tmp_path: Path) -> None:
    """Whether they are those of the weights or, as early on with a long memory, of their average."""
    folder = tiny.trained(
        tmp_path / "run", budget=Budget(steps=60), settings={"average": average, "evaluate_every": 10}
    )
    saved = open_model(folder)
    valid = reopen_corpus(saved.record.corpus, saved.tokenizer).streams(saved.record.training).valid
    assert valid is not None
    model = build_model(saved.record.model)
    load_weights(model, saved.weights)
    reported = saved.record.progress.valid_nats_per_token
    assert sum_nats(model, valid) / valid.n_targets == pytest.approx(reported, rel=1e-6)


def test_the_same_seed_trains_the_same_model_and_another_seed_another(tmp_path: Path) -> None:
    folders = [tiny.trained(tmp_path / name, settings={"seed": seed}) for name, seed in (("a", 1), ("b", 1), ("c", 2))]
    one, same, other = ([array.tobytes() for array in open_model(folder).weights.values()] for folder in folders)
    assert one == same
    assert one != other


def test_a_run_stopped_before_any_validation_keeps_what_it_has_learned(tmp_path: Path) -> None:
    session = tiny.start(tmp_path / "run", budget=BUDGET, settings={"evaluate_every": 20})
    for _ in itertools.islice(session.reports(), 5):
        pass
    session.save()
    assert open_model(session.folder).record.progress.step == 5


def test_a_diverging_run_ends_with_its_best_model_and_its_last_words(tmp_path: Path) -> None:
    session = tiny.start(tmp_path / "run", budget=BUDGET, settings={"evaluate_every": 3})
    for report in session.reports():
        if isinstance(report, ValidationReport):
            for parameter in session.state.model.parameters():
                parameter.data.fill_(float("nan"))
    assert isinstance(report, EndReport)
    assert report.reason == "diverged"
    assert metrics_lines(session.folder)[-1]["reason"] == "diverged"
    assert all(np.isfinite(array).all() for array in open_model(session.folder).weights.values())


def test_a_loss_beyond_hope_is_a_divergence(tmp_path: Path) -> None:
    """Weights can run away to numbers that are still finite, and of no use."""
    session = tiny.start(
        tmp_path / "run", budget=Budget(steps=60), settings={"learning_rate": 1e20, "evaluate_every": 50}
    )
    *_, end = session.reports()
    assert isinstance(end, EndReport)
    assert end.reason == "diverged"


def test_a_resumed_clock_keeps_what_is_left_of_it(tmp_path: Path) -> None:
    session = tiny.start(tmp_path / "run", budget=Budget(minutes=10))
    next(session.reports())
    session.state.elapsed_s = 599.7
    session.save()
    session.close()
    *_, end = Session.resume(session.folder).reports()
    assert 599 < end.elapsed_s < 605


def test_a_run_loads_before_its_first_step(tmp_path: Path) -> None:
    session = tiny.start(tmp_path / "run")
    assert open_model(session.folder).record.progress.step == 0


def test_the_model_that_is_kept_is_the_best_and_the_checkpoint_the_last(tmp_path: Path) -> None:
    session = tiny.start(tmp_path / "run", budget=Budget(steps=300), settings={"evaluate_every": 10, "patience": 3})
    reports = list(session.reports())
    scores = {report.step: report.nats_per_token for report in reports if isinstance(report, ValidationReport)}
    best_step = min(scores, key=lambda step: scores[step])
    assert open_model(session.folder).record.progress.step == best_step
    assert open_model(session.folder).record.progress.valid_nats_per_token == scores[best_step]
    assert load_checkpoint(session.folder).record.progress.step == reports[-1].step


def test_a_larger_budget_goes_on_where_a_finished_run_ended(tmp_path: Path) -> None:
    folder = tiny.trained(tmp_path / "run", budget=Budget(steps=5))
    session = Session.resume(folder, budget=Budget(steps=8), device="cpu")
    assert [report.step for report in session.reports() if isinstance(report, StepReport)] == [6, 7, 8]


def test_a_finished_run_resumed_without_a_new_budget_ends_at_once(tmp_path: Path) -> None:
    folder = tiny.trained(tmp_path / "run")
    assert [type(report) for report in Session.resume(folder, device="cpu").reports()] == [EndReport]


def test_every_report_is_a_line_of_the_metrics(tmp_path: Path) -> None:
    session = tiny.start(tmp_path / "run", budget=Budget(steps=7), settings={"evaluate_every": 3})
    reports = list(session.reports())
    lines = metrics_lines(session.folder)
    assert [line["step"] for line in lines] == [report.step for report in reports]
    assert [line["report"] for line in lines].count("validation") == 3


@pytest.mark.parametrize("tokenizer", [CharConfig(), WordConfig(), SentencePieceConfig()])
def test_a_child_begins_with_its_parents_weights_and_vocabulary(tokenizer: TokenizerConfig, tmp_path: Path) -> None:
    parent = open_model(tiny.trained(tmp_path / "parent", tokenizer=tokenizer))
    (tmp_path / "new.txt").write_text("Mina sat by the river. Ω\n" * 40, encoding="utf-8")
    request = TrainingRequest(
        corpus=CorpusConfig(paths=(str(tmp_path / "new.txt"),), documents="line"),
        parent=parent,
        settings={"precision": "float32"},
        folder=tmp_path / "child",
        device="cpu",
        budget=Budget(steps=1),
    )
    child = open_model(Session.start(request).folder)
    assert child.record.parent == parent.sha256
    assert child.tokenizer.separator == "\n"
    assert child.tokenizer.bulk() == parent.tokenizer.bulk()
    for name, array in parent.weights.items():
        np.testing.assert_array_equal(child.weights[name], array)
    if tokenizer != SentencePieceConfig():
        assert any("not in the vocabulary" in note for note in child.record.notes)


@pytest.mark.parametrize(
    ("text", "has_valid"), [("a", False), ("aaaa", True), ("aaaaaaaaaaaaaaaaaaaaaaaaa", True), ("ab" * 30, True)]
)
def test_the_smallest_texts_train(text: str, has_valid: bool, tmp_path: Path) -> None:
    session = tiny.start(tmp_path / "run", text=text, settings={"window": 64})
    reports = list(session.reports())
    assert isinstance(reports[-1], EndReport)
    assert any(isinstance(report, ValidationReport) for report in reports) == has_valid
    assert open_model(session.folder).record.progress.step == 3


def test_a_text_that_has_changed_is_not_resumed_on(tmp_path: Path, own_cache: Path) -> None:
    folder = tiny.trained(tmp_path / "run")
    for path in (own_cache / "texts").iterdir():
        path.unlink()
    (tmp_path / "run.txt").write_text("something else", encoding="utf-8")
    with pytest.raises(CorpusError, match="is not what it was trained on"):
        Session.resume(folder)


def test_a_run_folder_is_never_written_over(tmp_path: Path) -> None:
    tiny.trained(tmp_path / "run")
    with pytest.raises(RunError, match="not empty"):
        tiny.start(tmp_path / "run")


def test_nothing_is_left_behind_by_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        tiny.start(tmp_path / "run", settings={"dropout": 7.0})
    assert not (tmp_path / "run").exists()


def test_a_read_only_folder_is_refused_before_anything_is_timed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    monkeypatch.setattr("seqgen.training.open_run.choose_configuration", None)
    with pytest.raises(RunError, match=r"run cannot be made: .* is read-only"):
        tiny.start(tmp_path / "run", budget=Budget(minutes=1))
