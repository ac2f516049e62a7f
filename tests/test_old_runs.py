"""Runs that earlier versions wrote (`fixtures`) still load, sample, score, predict and resume."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from seqgen.cli import app
from seqgen.config import Budget
from seqgen.run import open_model
from seqgen.training import Session
from tests import tiny
from tests.old_runs import FIXTURES, RECIPES, describe, losses_from_here, scored_text
from tests.tiny import metrics_lines

FIRST = FIXTURES / "format-1"
"""The first runs. They have neither pairs nor experts nor n-grams, and know no rules of reading."""
SENTENCE = "the cat sat on the mat and the dog ran to the cat\n"
EXPECTED: dict[str, dict[str, Any]] = {
    f"{folder.name}/{name}": expected
    for folder in sorted(path for path in FIXTURES.iterdir() if path.is_dir())
    for name, expected in json.loads((folder / "expected.json").read_text(encoding="utf-8")).items()
}
RESUMED = [name for name, expected in EXPECTED.items() if "losses" in expected]

every_run = pytest.mark.parametrize("name", EXPECTED)


def text_for(name: str) -> str:
    """What a run scores: those of the first format score the text that they scored then."""
    if not name.startswith(FIRST.name + "/"):
        return scored_text(name.partition("/")[2])
    return SENTENCE * 12 if "whitespace" in name else tiny.TEXT[:1500]


@every_run
def test_an_old_run_is_read_whole_and_writes_scores_and_predicts_as_it_did_then(name: str) -> None:
    found, expected = describe(FIXTURES / name, scored=text_for(name)), EXPECTED[name]
    expected = {key: value for key, value in expected.items() if key != "losses"}
    for key in ("nats", "probabilities"):
        if key in expected:
            assert found.pop(key) == pytest.approx(expected.pop(key), rel=1e-6, abs=1e-9), key
    assert found == expected


@every_run
def test_the_record_of_an_old_run_is_shown(name: str) -> None:
    result = CliRunner().invoke(app, ["info", str(FIXTURES / name), "--json"])
    progress = json.loads(result.stdout)["progress"]
    assert progress["epoch"] == EXPECTED[name]["epoch"]
    assert progress["valid_nats_per_token"] == EXPECTED[name]["valid_nats_per_token"]
    assert CliRunner().invoke(app, ["info", str(FIXTURES / name)]).exit_code == 0


@pytest.mark.parametrize("name", RESUMED)
def test_an_old_run_goes_on_with_the_losses_that_it_had_then(name: str, tmp_path: Path) -> None:
    """They depend on its weights, optimizers, carried state, place in the text, dropout and average."""
    shutil.copytree(FIXTURES / name, tmp_path / "run")
    (tmp_path / "text").write_bytes(RECIPES[name.partition("/")[2]].text.encode())
    before = metrics_lines(tmp_path / "run")
    assert losses_from_here(tmp_path / "run", tmp_path / "text") == pytest.approx(EXPECTED[name]["losses"], rel=1e-4)
    after = metrics_lines(tmp_path / "run")
    assert after[: len(before) - 1] == before[:-1]  # the report of the end is made again


def test_an_old_run_goes_on_with_its_text_and_history(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(FIRST / "lstm-char", folder)
    (tmp_path / "text.txt").write_bytes(tiny.TEXT.encode())
    session = Session.resume(folder, budget=Budget(steps=9), corpus_paths=(str(tmp_path / "text.txt"),))
    assert session.state.step == 6
    assert session.state.n_setbacks == 0  # there were none then, and its checkpoint does not count them
    for _ in session.reports():
        pass
    steps = [line["step"] for line in metrics_lines(folder) if line["report"] == "step"]
    assert steps == list(range(1, 10))


def test_an_old_run_says_that_a_text_has_other_line_ends(tmp_path: Path) -> None:
    """It reads them as they are, because it was trained so."""
    for name, line_end in (("lf.txt", "\n"), ("crlf.txt", "\r\n")):
        (tmp_path / name).write_bytes(tiny.TEXT.replace("\n", line_end).encode())
    said = {
        name: CliRunner().invoke(app, ["eval", str(FIRST / "lstm-char"), "--on", str(tmp_path / name)]).stderr
        for name in ("lf.txt", "crlf.txt")
    }
    assert "keeps line ends" not in said["lf.txt"]
    assert "crlf.txt has carriage returns and its training text has none" in said["crlf.txt"]


def test_the_record_of_the_first_format_gets_the_rules_that_it_was_read_by() -> None:
    record = open_model(FIRST / "lstm-char").record
    config = record.corpus.config
    assert (config.rules, config.line_ends, config.unite_duplicates, record.corpus.n_repeated) == (1, "keep", False, 0)
    assert (record.encoder, record.choices, record.titles, record.temperature) == (None, (), (), None)
    assert record.model.ngram_order is None
    assert {part.n_oov for part in record.corpus.parts.values()} == {0}


def test_a_validation_of_the_first_format_says_not_on_how_much() -> None:
    validations = open_model(FIRST / "lstm-char").history().validations
    assert validations
    assert {report.n_tokens for report in validations} == {None}
