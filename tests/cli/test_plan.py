"""`seqgen plan`: candidates for a time, and the command that takes the first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from seqgen.cli import app


def plan(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["plan", *map(str, arguments)])


NARROW = ("--minutes", "0.1", "--set", "d_model=16", "--device", "cpu")


def test_every_cell_is_timed_and_the_text_described(story: Path) -> None:
    result = plan(story, *NARROW)
    assert result.exit_code == 0, result.stderr
    for word in ("rnn", "lstm", "gru", "transformer", "tokens/s", "epochs", "memory", "bits/char", "7-gram", "unigram"):
        assert word in result.stdout
    assert "planned in" in result.stderr
    rows = [line for line in result.stdout.splitlines() if line.startswith(("rnn", "lstm", "gru", "transformer"))]
    assert max(map(len, rows)) <= 80


def test_it_says_what_the_estimate_leaves_out(story: Path) -> None:
    shown = plan(story, "--cell", "rnn", *NARROW).stdout
    assert "leaves out what tables of n-grams and an n-gram expert may gain" in shown


def test_columns_without_room_are_named(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.cli.shared.render._PIPED_WIDTH", 40)
    shown = plan(story, "--cell", "rnn", *NARROW).stdout
    assert "left out, because the screen is too narrow: params, memory, batch, dropout; --json has all columns" in shown


def test_the_options_it_names_train(story: Path) -> None:
    result = plan(story, "--cell", "rnn", *NARROW)
    (options,) = (line.split("text and time: ")[1] for line in result.stdout.splitlines() if " chooses " in line)
    more = ["--steps", "2", "--device", "cpu", "--out", "run"]
    trained = CliRunner().invoke(app, ["train", str(story), *options.split(), *more])
    assert trained.exit_code == 0, trained.stderr


def test_json_has_the_candidates_best_first(story: Path) -> None:
    document = json.loads(plan(story, "--json", "--cell", "rnn", "--minutes", "0.1", "--device", "cpu").stdout)
    candidates = document["candidates"]
    expected = [candidate["expected_bits_per_character"] for candidate in candidates]
    assert len({candidate["d_model"] for candidate in candidates}) == 3
    assert expected == sorted(expected)
    assert document["ngram_bits_per_character"] < document["unigram_bits_per_character"]
    assert all(candidate["tokens_per_s"] > 0 and candidate["memory_bytes"] > 0 for candidate in candidates)


def test_nothing_is_left_behind(story: Path) -> None:
    plan(story, "--cell", "rnn", *NARROW)
    assert list(Path().iterdir()) == [story]


def test_a_time_too_short_for_one_step_is_refused_in_one_line(story: Path) -> None:
    result = plan(story, "--cell", "rnn", "--minutes", "1e-9", "--set", "d_model=16", "--device", "cpu")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "too short" in line
