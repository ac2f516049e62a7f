"""Training from a program, as `seqgen train` does it."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import seqgen
from seqgen import run
from seqgen.errors import ConfigError, CorpusError, RunError
from seqgen.run import LAST_FILE, EndReport, Report, StepReport, ValidationReport
from seqgen.training import Session
from seqgen.training.save_schedule import SaveSchedule
from tests import tiny
from tests.cli.train.commands import train as train_by_command

SHAPE: dict[str, Any] = {**tiny.SETTINGS["lstm"], "cell": "lstm", "device": "cpu"}
REVERSED = [(word, word[::-1]) for word in ("abc", "dab", "a", "cd", "bb", "dcba", "ac", "b", "da", "cab")] * 4
DOCUMENTS = [f"Mina {verb} by the river.\nOro {verb} too." for verb in ("sat", "ran", "slept", "sang", "read")] * 20


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_every_report_is_told_and_the_history_has_them_as_rows_of_a_table() -> None:
    reports: list[Report] = []
    model = seqgen.train(tiny.TEXT, steps=3, on_report=reports.append, **SHAPE)
    assert {type(report) for report in reports} == {StepReport, ValidationReport, EndReport}
    table = pd.DataFrame(model.history)
    assert len(table) == len(reports)
    assert table[table.report == "step"].step.tolist() == [1, 2, 3]
    assert table.loss_nats.notna().sum() == 3


def test_saves_that_fail_are_one_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    save, n_left = run.save_checkpoint, iter(range(3))

    def fail_at_first(*arguments: Any, **options: Any) -> None:
        if next(n_left, None) is not None:
            raise RunError("last.safetensors cannot be written: No space left on device")
        save(*arguments, **options)

    monkeypatch.setattr(run, "save_checkpoint", fail_at_first)
    monkeypatch.setattr(SaveSchedule, "is_due", True)
    with pytest.warns(RuntimeWarning, match=r"^not saved, but training continues: .* No space left") as warned:
        seqgen.train(tiny.TEXT, steps=5, **SHAPE)
    assert [warning.filename for warning in warned] == [__file__]


def test_a_run_learns_what_the_command_would_let_it_learn() -> None:
    Path("story.txt").write_text(tiny.TEXT, encoding="utf-8")
    model = seqgen.train("story.txt", steps=2, folder="checkpoints/here", cell="lstm", device="cpu", d_model=16)
    assert train_by_command("story.txt", "--steps", 2, "--cell", "lstm", "--width", 16, "--out", "there").exit_code == 0
    other = seqgen.load("there")
    assert all(np.array_equal(model.saved.weights[name], other.saved.weights[name]) for name in other.saved.weights)
    assert (model.saved.expert is None) == (other.saved.expert is None)


def test_a_text_in_memory_is_kept_so_that_its_run_can_go_on() -> None:
    model = seqgen.train(tiny.TEXT, steps=2, **SHAPE)
    assert model.name.startswith("text-lstm-")
    continued = seqgen.resume(model, steps=4)
    assert continued.saved.path == model.saved.path
    assert continued.history[-1]["step"] == 4


def test_a_run_whose_last_save_is_damaged_warns_that_it_goes_on_from_the_one_before() -> None:
    model = seqgen.resume(seqgen.train(tiny.TEXT, steps=2, folder="run", **SHAPE), steps=4)
    (model.saved.path.parent / LAST_FILE).write_bytes(b"half")
    problem = r"^run: last\.safetensors is incomplete or .*; continuing from previous\.safetensors, step 2$"
    with pytest.warns(RuntimeWarning, match=problem) as warned:
        seqgen.resume(model, steps=6)
    assert [warning.filename for warning in warned] == [__file__]


def test_where_a_warning_is_an_error_the_run_stays_free() -> None:
    model = seqgen.resume(seqgen.train(tiny.TEXT, steps=2, folder="run", **SHAPE), steps=4)
    (model.saved.path.parent / LAST_FILE).write_bytes(b"half")
    with pytest.raises(RuntimeWarning, match="continuing from") as caught:  # which keeps the frames, as a notebook does
        seqgen.resume(model, steps=6)
    with pytest.warns(RuntimeWarning):
        assert seqgen.resume(model, steps=6).history[-1]["step"] == 6
    del caught


def test_strings_in_a_list_are_documents_of_any_content() -> None:
    model = seqgen.train(DOCUMENTS, steps=1, valid=DOCUMENTS[:5], **SHAPE)
    part = model.saved.record.corpus.parts
    assert part["train"].end - part["train"].start == 90 + 10  # none left out: five texts are validated on
    assert model.saved.has_documents


def test_paths_in_a_list_are_files() -> None:
    for name in ("a.txt", "b.txt"):
        Path(name).write_text(tiny.TEXT[:3000], encoding="utf-8")
    model = seqgen.train([Path("a.txt"), Path("b.txt")], steps=1, documents="file", **SHAPE)
    assert [Path(path).name for path in model.saved.record.corpus.config.paths] == ["a.txt", "b.txt"]
    assert seqgen.train(["a.txt", "b.txt"], steps=1, **SHAPE).saved.record.corpus.config.field is None


def test_tuples_are_pairs_and_few_numbers_are_labels() -> None:
    pairs = [(f"{word} {number}", number % 2) for number, word in enumerate(["Mina", "Oro"] * 50)]
    model = seqgen.train(pairs, steps=2, cell="gru", device="cpu", d_model=16)
    assert model.saved.tokenizer.is_of_labels
    assert {found[0].target for found in model.predict(["Mina 3", "Oro 4"])} <= {"0", "1"}
    texts = seqgen.train(REVERSED, steps=1, cell="gru", device="cpu", d_model=16, encoder="none")
    assert texts.saved.record.encoder is None
    Path("pairs.tsv").write_text("".join(f"{source}\t{target}\n" for source, target in REVERSED), encoding="utf-8")
    assert seqgen.train("pairs.tsv", pairs=True, steps=1, cell="gru", device="cpu", d_model=16).predict(["abc"])


def test_a_run_begins_from_a_model_and_keeps_its_vocabulary(run_folder: Path) -> None:
    parent = seqgen.load(run_folder)
    model = seqgen.train(tiny.TEXT, steps=1, parent=parent, device="cpu")
    assert model.saved.record.parent == parent.saved.sha256
    assert model.saved.tokenizer.vocab_size == parent.saved.tokenizer.vocab_size


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"widht": 3}, "widht is an unknown option of train; did you mean width?"),
        ({"width": 3}, "width is an unknown option of train: it is called d_model here"),
        ({"zzz": 3}, "zzz is an unknown option of train: the guide"),
        ({"cell": "lstmm"}, "cell is 'lstmm': it must be one of rnn, lstm"),
        ({"d_model": "wide"}, "d_model is 'wide': it must be a whole number"),
        ({"tokenizer": "letters"}, "tokenizer is 'letters': it must be auto or one of char"),
        ({"tokenizer": "auto", "vocab_size": 9}, "vocab_size cannot be given with this tokenizer"),
        ({"parent": "english", "vocab_size": 9}, "vocab_size cannot be given with parent"),
        ({"minutes": 1, "steps": 3}, "give only one of steps, epochs and minutes"),
        ({"valid": ["one", "two"]}, "valid and the training texts differ in kind"),
        ({"cell": ["lstm"]}, "cell is .'lstm'.: it must be one of rnn, lstm"),
        ({"device": "gpu"}, "device is 'gpu': it must be one of auto, cpu, cuda, mps"),
        ({"tokenizer": 3}, "tokenizer is 3: it must be auto or one of char"),
        ({"attention": 1}, "attention is 1: it must be true or false"),
        ({"documents": 3}, "documents is 3: it must be a text, or None$"),
        ({"include": 3}, "include is 3: it must be a list of texts"),
        ({"valid_fraction": "half"}, "valid_fraction is 'half': it must be a finite number"),
        ({"folder": 3}, "folder is 3: it must be a path"),
        ({"folder": "a\0b"}, "folder is 'a.x00b': it must be a path"),
        ({"parent": 3}, "run is 3: it must be a path"),
    ],
)
def test_a_wrong_option_is_refused_in_one_line(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        seqgen.train(tiny.TEXT, **options)
    assert not Path("checkpoints").exists()


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("stroy.txt", "there is no file 'stroy.txt', and as a text it is too short"),
        ([], "the list of texts is empty"),
        (pd.DataFrame({"poem": ["Mina"], "by": ["Oro"]}), "the documents 'poem', 'by' have 6 characters in all"),
        (5, "5 is no text"),
        (None, "None is no text"),
        (["one", 2], "2 is no text"),
        ([("a", "b", "c")], "is no text"),
        ([("a", {1})], "neither text nor a number"),
        (["one", ("a", "b")], "is no text"),
        ("\ud800" * 200, "half a character"),
        ([("a", np.zeros(2))], "neither text nor a number"),
    ],
)
def test_what_is_no_text_is_refused_in_one_line(texts: Any, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        seqgen.train(texts, steps=1)


def test_an_error_of_the_caller_ends_the_training_and_loses_nothing() -> None:
    def stop(report: Report) -> None:
        if report.step == 2:
            raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        seqgen.train(tiny.TEXT, steps=5, on_report=stop, folder="run", **SHAPE)
    assert seqgen.resume("run").history[-1]["step"] == 5


def test_a_run_that_diverges_says_so() -> None:
    with pytest.raises(RunError, match=r"went wrong even at an eighth .*: choose a lower learning_rate"):
        seqgen.train(tiny.TEXT, steps=30, learning_rate=1e20, clip_norm=None, optimizer="adamw", **SHAPE)


@pytest.mark.parametrize("steps", [None, 2])
def test_a_run_whose_budget_is_used_up_is_not_resumed_in_silence(run_folder: Path, steps: int | None) -> None:
    before = seqgen.load(run_folder).history
    with pytest.raises(ConfigError, match=r"has its budget behind it \(3 steps, .*\): give more"):
        seqgen.resume(run_folder, steps=steps)
    assert seqgen.load(run_folder).history == before


def test_unknown_options_of_resume_are_refused(run_folder: Path) -> None:
    with pytest.raises(ConfigError, match="d_model is an unknown option of resume: the options are minutes, steps"):
        seqgen.resume(run_folder, d_model=3)


def test_the_time_between_saves_is_said_in_words_or_seconds(monkeypatch: pytest.MonkeyPatch, run_folder: Path) -> None:
    told: list[Any] = []
    monkeypatch.setattr(Session, "start", lambda request: told.append(request.save_every_s))
    monkeypatch.setattr(Session, "resume", lambda folder, **options: told.append(options["save_every_s"]))
    calls: tuple[Any, ...] = (partial(seqgen.train, tiny.TEXT), partial(seqgen.resume, run_folder))
    for call in calls:
        for given in ({"save_every": "2m"}, {"save_every": 30}, {}):
            with pytest.raises(AttributeError):  # there is no session to train
                call(steps=9, **given)
        with pytest.raises(ConfigError, match=r"^save_every is .soon.: it must be"):
            call(steps=9, save_every="soon")
    assert told == [120, 30, 60] * 2


def test_nothing_is_drawn_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    seqgen.train(tiny.TEXT, steps=1, **SHAPE)
    assert capsys.readouterr() == ("", "")


def test_a_bar_shows_loss_and_validation_and_disappears(capsys: pytest.CaptureFixture[str]) -> None:
    seqgen.train(tiny.TEXT, steps=1, progress=True, **SHAPE)
    shown = capsys.readouterr().err
    assert re.search(r"step 1, loss \d\.\d{3} nats/token, validation \d\.\d{3} bits/char", shown)
    assert shown.rpartition("\r")[0].rpartition("\r")[2].strip() == ""


def test_a_model_without_a_run_folder_is_not_resumed() -> None:
    with pytest.raises(RunError, match=r"english\.safetensors is a single file, which cannot be resumed"):
        seqgen.resume(seqgen.load("english"), steps=3)
