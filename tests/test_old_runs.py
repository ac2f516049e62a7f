"""Runs that an earlier version wrote (`fixtures/format-1`) still load, sample, score and resume."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from seqgen import load
from seqgen.cli import app
from seqgen.config import Budget
from seqgen.run import open_model
from seqgen.training import Session
from tests import tiny
from tests.tiny import metrics_lines

FIXTURES = Path(__file__).parent / "fixtures" / "format-1"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FIXTURES / "expected.json").read_text(encoding="utf-8"))
SENTENCE = "the cat sat on the mat and the dog ran to the cat\n"

every_run = pytest.mark.parametrize("name", EXPECTED)


def scored_text(name: str) -> str:
    return SENTENCE * 12 if name == "lstm-whitespace" else tiny.TEXT[:1500]


@every_run
def test_an_old_model_is_read_whole(name: str) -> None:
    model = open_model(FIXTURES / name)
    assert model.sha256 == EXPECTED[name]["sha256"]
    assert sum(array.size for array in model.weights.values()) == EXPECTED[name]["n_parameters"]


@every_run
def test_an_old_model_writes_the_text_that_it_wrote_then(name: str) -> None:
    result = CliRunner().invoke(app, ["sample", str(FIXTURES / name), "--length", "80", "--seed", "5"])
    assert result.stdout == EXPECTED[name]["sample"]


@every_run
def test_an_old_model_scores_a_text_as_it_did_then(name: str) -> None:
    score = load(FIXTURES / name).score(scored_text(name))
    assert score.nats == pytest.approx(EXPECTED[name]["nats"], rel=1e-6)
    assert score.n_charged == EXPECTED[name]["tokens"]


@every_run
def test_the_record_of_an_old_run_is_shown(name: str) -> None:
    result = CliRunner().invoke(app, ["info", str(FIXTURES / name), "--json"])
    progress = json.loads(result.stdout)["progress"]
    assert progress["epoch"] == EXPECTED[name]["epoch"]
    assert progress["valid_nats_per_token"] == EXPECTED[name]["valid_nats_per_token"]
    assert CliRunner().invoke(app, ["info", str(FIXTURES / name)]).exit_code == 0


def test_an_old_run_goes_on_with_its_text_and_history(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(FIXTURES / "lstm-char", folder)
    (tmp_path / "text.txt").write_bytes(tiny.TEXT.encode())
    session = Session.resume(folder, budget=Budget(steps=9), corpus_paths=(str(tmp_path / "text.txt"),))
    assert session.state.step == 6
    for _ in session.reports():
        pass
    steps = [line["step"] for line in metrics_lines(folder) if line["report"] == "step"]
    assert steps == list(range(1, 10))


def test_an_old_run_says_that_a_text_has_other_line_ends(tmp_path: Path) -> None:
    """It reads them as they are, because it was trained so."""
    for name, line_end in (("lf.txt", "\n"), ("crlf.txt", "\r\n")):
        (tmp_path / name).write_bytes(tiny.TEXT.replace("\n", line_end).encode())
    said = {
        name: CliRunner().invoke(app, ["eval", str(FIXTURES / "lstm-char"), "--on", str(tmp_path / name)]).stderr
        for name in ("lf.txt", "crlf.txt")
    }
    assert "keeps line ends" not in said["lf.txt"]
    assert "crlf.txt has carriage returns and its training text has none" in said["crlf.txt"]
