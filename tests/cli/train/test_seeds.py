"""`seqgen train --seeds`: runs that differ in their seed alone."""

from __future__ import annotations

import re
import statistics
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqgen.cli import app
from seqgen.run import open_model
from tests.cli.train.commands import SHAPE, TINY, train, trained, weights

NAMES = ["run", "run-seed-6", "run-seed-7"]


def test_every_run_has_the_next_seed_and_nothing_else_that_is_new(story: Path) -> None:
    trained(story, *TINY, "--seed", 5, "--seeds", 3, "--out", "run")
    records = [open_model(name).record for name in NAMES]
    assert [record.training.seed for record in records] == [5, 6, 7]
    for record in records[1:]:
        assert replace(record.training, seed=5) == records[0].training
        assert (record.model, record.budget, record.corpus) == (
            records[0].model,
            records[0].budget,
            records[0].corpus,
        )
    trained(story, *TINY, "--seed", 6, "--out", "alone")
    assert weights("run-seed-6") == weights("alone")


def test_what_was_planned_for_the_first_holds_for_all(story: Path) -> None:
    trained(story, *SHAPE.split(), "--minutes", "0.01", "--seeds", 2, "--out", "run")
    first, second = (open_model(name).record for name in ("run", "run-seed-1"))
    assert replace(second.training, seed=0) == first.training
    assert second.model == first.model


def test_the_mean_and_the_deviation_are_said_and_eval_shows_one_row(story: Path) -> None:
    lines = trained(story, *TINY, "--seed", 5, "--seeds", 3, "--out", "run").stderr.splitlines()
    bits = [open_model(name).record.progress.valid_bits_per_character or 0.0 for name in NAMES]
    found = re.fullmatch(
        r"3 seeds: (\S+) bits per character on validation, standard deviation (\S+); the best is seed (\d)", lines[-2]
    )
    assert found is not None
    assert float(found[1]) == round(statistics.fmean(bits), 4)
    assert float(found[2]) == round(statistics.stdev(bits), 4)
    assert int(found[3]) == 5 + bits.index(min(bits))
    command = lines[-1].split("seqgen ")[1]
    shown = CliRunner().invoke(app, command.split()).stdout
    assert sum(line.startswith("run, 3 seeds ") for line in shown.splitlines()) == 1


def test_further_runs_stand_beside_one_in_the_working_folder(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = story.absolute()
    Path("here").mkdir()
    monkeypatch.chdir("here")
    trained(text, *TINY, "--seeds", 2, "--out", ".")
    assert [open_model(name).record.name for name in (".", "../here-seed-1")] == ["here", "here-seed-1"]


def test_seeds_do_not_go_with_resume(story: Path) -> None:
    trained(story, *TINY, "--out", "run")
    refused = train("--resume", "run", "--seeds", 2)
    assert (
        refused.stderr
        == "seqgen: --seeds cannot be given with --resume, which keeps the run's text and settings: leave out --seeds\n"
    )
