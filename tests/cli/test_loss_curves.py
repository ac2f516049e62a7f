"""The loss curves of `train`, `info`, `race` and `report`: bits per character where they exist, otherwise nats."""

from __future__ import annotations

import dataclasses
import importlib
import json
import math
import shutil
from pathlib import Path

import pytest

from seqgen.cli.shared.loss_curves import LossHistory, common_unit
from seqgen.config import TOKENIZER_CONFIGS, TokenizerName
from seqgen.corpus.record import PartSizes
from seqgen.run import METRICS_FILE, History, RunRecord, open_model, read_history
from tests import tiny, tiny_pairs
from tests.cli.one_line import run

BITS, NATS = "bits per character", "nats per token"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of words, whose tokens have several characters, and one whose ids do not give the text back."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("runs")
        patch.setenv("SEQGEN_CACHE", str(folder / "cache"))
        kinds: tuple[TokenizerName, ...] = ("word", "whitespace")
        for kind in kinds:
            text = "the  cat sat on the mat \n" * 200 if kind == "whitespace" else tiny.TEXT
            tiny.trained(folder / kind, text=text, tokenizer=TOKENIZER_CONFIGS[kind]())
    return folder


def losses_of(folder: Path) -> LossHistory:
    return LossHistory.of(open_model(folder))


def test_both_curves_are_in_bits_per_character(runs: Path) -> None:
    losses = losses_of(runs / "word")
    training, validation = losses.curves()
    history, part = losses.history, losses.record.corpus.parts["train"]
    assert losses.unit == BITS
    assert validation.ys == [report.bits_per_character for report in history.validations]
    assert part.n_characters is not None and part.n_tokens is not None and part.n_characters > 2 * part.n_tokens
    per_token = part.n_characters / part.n_tokens
    expected = [step.loss_nats / math.log(2) / per_token for step in history.steps]
    assert training.ys == pytest.approx(expected)


def test_the_curves_of_labels_are_in_bits_per_label(tmp_path: Path) -> None:
    losses = losses_of(tiny_pairs.trained(tmp_path / "labels", text=tiny_pairs.KINDS["label"]))
    assert losses.unit == common_unit([losses, losses]) == "bits per label"
    training, validation = losses.curves()
    assert training.ys == pytest.approx([step.loss_nats / math.log(2) for step in losses.history.steps])
    nats = [report.nats_per_token for report in losses.history.validations]
    assert validation.ys == pytest.approx([value / math.log(2) for value in nats])
    of_texts = losses_of(tiny_pairs.trained(tmp_path / "texts"))
    assert of_texts.unit == BITS
    assert common_unit([losses, of_texts]) == NATS


def test_characters_that_no_token_has_do_not_count(runs: Path) -> None:
    record = open_model(runs / "word").record
    sizes = PartSizes(n_tokens=90, n_characters=100, n_bytes=100, n_oov=10)
    assert dataclasses.replace(record, corpus=record.corpus.with_sizes({"train": sizes})).characters_per_token == 1


def test_a_run_remembers_how_many_characters_its_vocabulary_lacks(tmp_path: Path) -> None:
    folder = tiny.trained(tmp_path / "run", text=tiny.TEXT + "ж")
    parts = open_model(folder).record.corpus.parts
    assert {name: part.n_oov for name, part in parts.items()} == {"train": 0, "valid": 1}


def test_without_bits_or_sizes_the_curves_are_in_nats(runs: Path) -> None:
    lossy = losses_of(runs / "whitespace")
    assert lossy.unit == NATS
    assert [curve.ys for curve in lossy.curves()] == [
        [step.loss_nats for step in lossy.history.steps],
        [report.nats_per_token for report in lossy.history.validations],
    ]
    word = losses_of(runs / "word")
    part = dataclasses.replace(word.record.corpus.parts["train"], n_characters=None)
    corpus = dataclasses.replace(word.record.corpus, parts={**word.record.corpus.parts, "train": part})
    without_sizes = dataclasses.replace(word.record, corpus=corpus)
    assert LossHistory(word.history, without_sizes).unit == NATS
    assert (common_unit([word, word]), common_unit([word, lossy])) == (BITS, NATS)


@pytest.mark.parametrize(("kind", "unit", "other"), [("word", BITS, NATS), ("whitespace", NATS, BITS)])
def test_info_and_the_page_name_the_unit(kind: str, unit: str, other: str, runs: Path, tmp_path: Path) -> None:
    shown = run("info", runs / kind).stdout
    assert f"{unit} over steps" in shown and f"{other} over steps" not in shown
    if kind == "word":
        page = tmp_path / "page.html"
        assert run("report", runs / kind, "--out", page).exit_code == 0
        assert f">{unit}</text>" in page.read_text(encoding="utf-8")


def test_the_picture_beside_a_run_names_the_unit(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def draw(*_: object, y_label: str, **__: object) -> bytes:
        drawn.append(y_label)
        return b"a picture"

    monkeypatch.setattr("seqgen.cli.shared.picture_files.draw_as_png", draw)
    monkeypatch.setattr(importlib.import_module("seqgen.cli.train.race"), "draw_as_png", draw)  # also a function
    monkeypatch.setattr("seqgen.training.planning.race_requests.PLANNED_CELLS", ("gru", "rnn"))
    shape = ["--set", "d_model=16", "--set", "n_streams=4", "--set", "window=16", "--device", "cpu"]
    result = run("race", story, "--minutes", "0.005", *shape)
    assert result.exit_code == 0, result.stderr
    assert drawn == [BITS] * 3  # of each run, and of the race
    assert "training loss, bits per character over seconds" in result.stdout


def test_a_run_whose_reports_have_no_bits_is_drawn_in_nats(runs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "old"
    shutil.copytree(runs / "word", folder)
    lines = tiny.metrics_lines(folder)
    old = [{**line, "bits_per_character": None} if line["report"] == "validation" else line for line in lines]
    (folder / METRICS_FILE).write_text("".join(json.dumps(line) + "\n" for line in old), encoding="utf-8")
    assert losses_of(folder).unit == NATS


def test_a_model_without_reports_has_empty_curves(runs: Path) -> None:
    record: RunRecord = open_model(runs / "word").record
    assert [len(curve.xs) for curve in LossHistory(History(), record).curves()] == [0, 0]
    assert read_history(runs) == History()
