"""Lines of training commands that few runs get: a training that went wrong, trials, a race on a terminal."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from seqgen.cli.train import plan, progress
from seqgen.cli.train.progress import ProgressView
from seqgen.cli.train.race_answers import AnsweredPairs, answer_pairs
from seqgen.cli.train.race_board import RaceBoard
from seqgen.cli.train.score_unit import ScoreUnit
from seqgen.config import CharConfig, SentencePieceConfig
from seqgen.errors import RunError
from seqgen.run import EndReport, Report, SetbackReport, StepReport, ValidationReport
from seqgen.training.tokenizer_trials import TokenizerTrial
from seqgen.waiting import Wait
from tests import tiny
from tests.cli.train.commands import train

TRIALS = [
    TokenizerTrial(tokenizer=SentencePieceConfig(vocab_size=300), vocab_size=300, bits_per_byte=1.5, n_steps=9),
    TokenizerTrial(tokenizer=CharConfig(), vocab_size=60, bits_per_byte=1.75, n_steps=8),
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def ended(*_: Any, **__: Any) -> Iterator[Report]:
    yield EndReport(step=0, reason="diverged", elapsed_s=0.1)


def test_a_training_that_went_wrong_for_good_ends_with_a_failure(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.training.session.train", ended)
    result = train(story, "--steps", 2, "--cell", "gru", "--width", 16, "--device", "cpu")
    assert result.exit_code == 1
    assert "learning rate" in result.stderr


def test_a_way_back_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session = tiny.start(tmp_path / "run")
    view = ProgressView(session)
    view.show(SetbackReport(step=300, good_step=250, rate_share=0.5, elapsed_s=9.5))
    assert "wrong after step 300: back to the state of step 250, at 0.5 of the" in capsys.readouterr().err
    view.close()
    session.close()


def test_a_training_that_is_going_wrong_shows_no_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [0]

    def fail(*_: object) -> list[str]:
        asked[0] += 1
        raise RunError("the model has diverged")

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress, "_written_lines", fail)
    session = tiny.start(tmp_path / "run")
    view = ProgressView(session)
    scored: dict[str, Any] = {"nats_per_token": 0.1, "bits_per_character": 0.1, "is_best": True, "is_average": False}
    view.show(ValidationReport(step=1, took_s=1.0, elapsed_s=1.0, **scored))
    step: dict[str, Any] = {"n_tokens": 1, "grad_norm": 1.0, "rate_share": 1.0, "elapsed_s": 1.0}
    view.show(StepReport(step=2, loss_nats=0.1, fraction=0.9, **step))
    assert asked == [1]
    assert "diverged" not in terminal.getvalue()
    view.close()
    session.close()


def test_trials_of_seeds_are_told_before_the_first_run(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def settle(request: Any) -> Any:
        return SimpleNamespace(**{**vars(request), "tokenizer": CharConfig()}), TRIALS

    def start(request: Any, **_: Any) -> Any:
        raise RunError("here the first run begins")

    monkeypatch.setattr("seqgen.training.tokenizer_trials.settle_tokenizer", settle)
    monkeypatch.setattr("seqgen.cli.train.train._start", start)
    result = train(story, "--steps", 8, "--seeds", 2, "--tokenizer", "auto", "--from", "none")
    told = " ".join(result.stderr.split())
    assert "2 short trials: sentencepiece 300 1.500, char 1.750" in told
    assert told.endswith("here the first run begins")


def test_a_setting_of_one_tokenizer_is_refused_where_several_are_tried(story: Path) -> None:
    result = train(story, "--tokenizer", "auto", "--set", "sentencepiece_model=bpe", "--steps", 2)
    assert result.exit_code == 1
    assert "sentencepiece_model cannot be given with --tokenizer auto" in " ".join(result.stderr.split())


def test_a_plan_with_trials_shows_them_and_names_the_best_tokenizer(capsys: pytest.CaptureFixture[str]) -> None:
    plan._print_trials(TRIALS)
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [row[:3] for row in rows[2:4]] == [["sentencepiece", "300", "1.500"], ["char", "60", "1.750"]]
    assert plan._tokenizer_options(TRIALS) == "--tokenizer sentencepiece --vocab-size 300 "
    assert plan._tokenizer_options(TRIALS[1:]) == "--tokenizer char "
    assert plan._tokenizer_options([]) == ""


def test_a_race_on_a_terminal_is_a_table_that_says_what_it_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("seqgen.cli.train.race_board._REFRESH_EVERY_S", -1.0)
    entry: Any = SimpleNamespace(name="lstm", cell="lstm", session=None)
    with RaceBoard([entry]) as board:
        board.begin(entry)
        board.refresh()
        board.show_wait(Wait("making the vocabulary"))
        board.finish(entry)
    shown = terminal.getvalue()
    assert "lstm" in shown
    assert "making the vocabulary" in shown
    assert "begins" not in shown


def test_before_a_run_begins_its_unit_is_that_of_texts() -> None:
    assert ScoreUnit.of(None) == ScoreUnit()


def test_a_cell_without_answers_has_a_dash() -> None:
    race_of_pairs: Any = SimpleNamespace(runs={}, measure="accuracy", n_pairs=3)
    entry: Any = SimpleNamespace(cell="gru")
    assert AnsweredPairs(race_of_pairs).cell_of(entry) == "-"


def test_answers_whose_places_cannot_be_stored_count_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise RunError("the disk is full")

    answered: Any = SimpleNamespace(store_places=fail)
    found = iter([answered, None])
    monkeypatch.setattr("seqgen.evaluation.pair_runs.PairRace.of", lambda folders: next(found))
    pairs = answer_pairs([])
    assert pairs is not None
    assert pairs.race is answered
    assert "the places are not stored" in capsys.readouterr().err
    assert answer_pairs([]) is None
