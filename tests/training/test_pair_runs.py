"""Runs of pairs: stopped and resumed, saved with their encoder, trained as one of them was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from seqgen import run
from seqgen.config import Budget, Cell, EncoderChoice, FieldValue
from seqgen.errors import ConfigError, RunError
from seqgen.restored import restore_decoder
from seqgen.run import load_checkpoint, open_model
from seqgen.scoring import sum_nats
from seqgen.training import Session, StepReport, ValidationReport, another_seed
from seqgen.training.planning.pair_throughput import PairThroughput
from seqgen.training.prepared import reopen
from tests import tiny_pairs
from tests.tiny_pairs import KINDS
from tests.training.test_session import weights_and_metrics

ENCODERS: tuple[EncoderChoice, ...] = ("none", "forward", "bidirectional")
STOPPED = [
    *((cell, "text", "bidirectional") for cell in get_args(Cell)),
    *((cell, "label", "none") for cell in get_args(Cell)),
    ("gru", "text", "none"),
    ("gru", "label", "bidirectional"),
]
"""Every cell with an encoder and without, and one cell with both kinds of targets in both."""


@pytest.mark.parametrize(("cell", "kind", "encoder"), STOPPED)
def test_stopped_and_resumed_gives_the_same_bytes_as_never_stopped(
    cell: Cell, kind: str, encoder: EncoderChoice, tmp_path: Path
) -> None:
    """They are stopped in the middle of targets, with an average, and in the second epoch of labels."""
    settings = {"evaluate_every": 4, "dropout": 0.3, "average": 4.0, "window": 2}
    options = {"cell": cell, "text": KINDS[kind], "encoder": encoder, "settings": settings, "budget": Budget(steps=18)}
    whole = tiny_pairs.trained(tmp_path / "whole", **options)
    session = tiny_pairs.start(tmp_path / "parts", **options)
    for report in session.reports():
        if isinstance(report, StepReport) and report.step == 9:
            break
    session.save()
    session.close()
    for _ in Session.resume(session.folder, device="cpu").reports():
        pass
    assert weights_and_metrics(session.folder) == weights_and_metrics(whole)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_saved_model_scores_as_it_did_in_training(encoder: EncoderChoice, tmp_path: Path) -> None:
    folder = tiny_pairs.trained(tmp_path / "run", encoder=encoder, settings={"average": None})
    saved = open_model(folder)
    assert saved.source_tokenizer is not None
    assert (saved.record.encoder is None) is (encoder == "none")
    valid = reopen(saved).streams(saved.record.training).valid
    assert valid is not None
    nats = sum_nats(restore_decoder(saved), valid) / valid.n_targets
    assert nats == pytest.approx(saved.record.progress.valid_nats_per_token, rel=1e-5)


def test_a_snapshot_has_the_vocabulary_of_the_sources(tmp_path: Path) -> None:
    session = tiny_pairs.start(tmp_path / "run")
    assert session.snapshot().source_tokenizer is session.source_tokenizer is not None


@pytest.mark.parametrize("attention", [False, True])
def test_an_encoder_is_learned_with_its_decoder(attention: bool, tmp_path: Path) -> None:
    session = tiny_pairs.start(tmp_path / "run", attention=attention)
    before = session.snapshot().weights
    for _ in session.reports():
        pass
    after = session.snapshot().weights
    names = [name for name in before if name.startswith("encoder.")]
    assert names
    assert all((before[name] != after[name]).any() for name in names)


def test_validation_loss_falls(tmp_path: Path) -> None:
    session = tiny_pairs.start(tmp_path / "run", settings={"evaluate_every": 5}, budget=Budget(steps=60))
    nats = [report.nats_per_token for report in session.reports() if isinstance(report, ValidationReport)]
    assert nats[-1] < 0.8 * nats[0]


def test_labels_have_no_bits_per_character(tmp_path: Path) -> None:
    session = tiny_pairs.start(tmp_path / "run", text=KINDS["label"])
    reports = [report for report in session.reports() if isinstance(report, ValidationReport)]
    assert all(report.bits_per_character is None for report in reports)


def test_another_seed_differs_in_its_seed_alone(tmp_path: Path) -> None:
    settings: dict[str, FieldValue] = {"encoder_width": 12, "encoder_dropout": 0.1}
    request = tiny_pairs.request(tmp_path / "run", encoder="forward", attention=False, settings=settings)
    first = Session.start(request)
    second = Session.start(another_seed(request, first.record, folder=first.folder, n=1))
    assert second.record.model == first.record.model
    assert second.record.encoder == first.record.encoder
    assert second.record.training == replace(first.record.training, seed=1)


def test_another_seed_of_a_run_without_an_encoder_has_none(tmp_path: Path) -> None:
    request = tiny_pairs.request(tmp_path / "run", encoder="none")
    first = Session.start(request)
    second = Session.start(another_seed(request, first.record, folder=first.folder, n=1))
    assert second.record.encoder is None
    assert second.record.model == first.record.model


def test_a_checkpoint_of_another_encoder_is_refused(tmp_path: Path) -> None:
    folder = tiny_pairs.trained(tmp_path / "run")
    checkpoint = load_checkpoint(folder)
    assert checkpoint.record.encoder is not None
    record = replace(checkpoint.record, encoder=replace(checkpoint.record.encoder, direction="forward"))
    run.save_checkpoint(folder, record, tensors=checkpoint.tensors)
    with pytest.raises(RunError, match="holds files of different runs"):
        Session.resume(folder)


def test_a_share_of_the_sources_is_unknown_in_training(tmp_path: Path) -> None:
    session = tiny_pairs.start(tmp_path / "run", settings={"unknown_share": 0.5})
    assert session.source_tokenizer is not None
    unknown = session.source_tokenizer.vocab_size
    batches = reopen(open_model(session.folder)).streams(session.record.training).train[0]
    sources = [batches[number].sources for number in range(len(batches))]
    ids = np.concatenate([read.ids.ravel() for read in sources if read is not None])
    assert 0.3 < (ids == unknown).sum() / ((ids > 0).sum()) < 0.7


def test_a_budget_of_minutes_is_planned_by_timing_real_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    timings = iter(PairThroughput(pairs_per_s=rate) for rate in (1.0, 1e4))
    monkeypatch.setattr("seqgen.training.planning.pair_planner.measure_pairs", lambda *_, **__: next(timings))
    request = tiny_pairs.request(tmp_path / "run", text=tiny_pairs.reversed_words(5000), budget=Budget(minutes=1))
    settings = {name: value for name, value in request.settings.items() if name != "d_model"}
    record = Session.start(replace(request, settings=settings)).record
    assert record.model.d_model == 128, "256 is too slow"
    assert record.choices[-1].startswith("timed: width 256 (1 pairs/s, 0.0 epochs), width 128 (10,000 pairs/s,")


def test_too_little_time_for_a_step_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = PairThroughput(pairs_per_s=1e-3)
    monkeypatch.setattr("seqgen.training.planning.pair_planner.measure_pairs", lambda *_, **__: slow)
    with pytest.raises(ConfigError, match=r"minutes is 0\.1, which is too short for a single step"):
        Session.start(tiny_pairs.request(tmp_path / "run", budget=Budget(minutes=0.1)))
