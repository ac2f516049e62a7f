"""`seqgen plan --pairs`, on a machine whose throughput is made up."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from seqgen.training.planning.pair_throughput import PairThroughput
from tests.cli.one_line import run
from tests.cli.train.commands import trained
from tests.tiny_pairs import KINDS


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for kind, text in KINDS.items():
        Path(f"{kind}.tsv").write_text(text)
    measured = PairThroughput(pairs_per_s=100.0)
    monkeypatch.setattr("seqgen.training.planning.pair_planner.measure_pairs", lambda *_, **__: measured)


def test_plan_times_every_cell_on_the_pairs() -> None:
    shown = run("plan", "label.tsv", "--pairs", "--minutes", 1, "--device", "cpu", "--set", "precision=float32").stdout
    assert re.search(r"training part +5\d pairs", shown)
    assert re.search(r"targets +2 labels\n", shown)
    for cell in ("gru 1x128", "rnn 1x128", "lstm 1x128", "transformer 2x64"):
        assert re.search(rf"{cell} +bidirectional\* .* 100 +1\d\d\.\d ", shown)
    assert max(len(line) for line in shown.splitlines() if "bidirectional" in line) <= 80
    document = json.loads(run("plan", "label.tsv", "--pairs", "--cell", "lstm", "--json").stdout)
    assert document["targets"] == "label"
    assert [candidate["cell"] for candidate in document["candidates"]] == ["lstm"]


def test_plan_says_of_the_pairs_what_training_would_say() -> None:
    Path("some.tsv").write_text("".join(f"one\t{n}\n" for n in range(30)) + "one\t\n")
    options = ["--pairs", "--cell", "lstm", "--device", "cpu", "--set", "precision=float32"]
    said = " ".join(run("plan", "some.tsv", *options).stderr.split())
    for words in (
        "1 target is empty",
        "all pairs have the same source",
        "there is no pair to validate on",
        "targets are text: ",
    ):
        assert words in said


def test_plan_shows_what_a_run_that_goes_on_with_a_model_of_pairs_would_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.training.planning.pair_planner.measure_parent_of_pairs", lambda *_: 0.4)
    tiny = ["--width", 16, "--streams", 8, "--steps", 3, "--device", "cpu", "--out", "run"]
    trained("text.tsv", "--pairs", "--encoder", "forward", *tiny)
    shown = run("plan", "text.tsv", "--pairs", "--from", "run", "--device", "cpu")
    assert shown.exit_code == 0, shown.stderr
    rows = [line for line in shown.stdout.splitlines() if " forward* " in line]
    assert [row.split()[:2] for row in rows] == [["gru", "1x16"]]
    said = " ".join(shown.stdout.split())
    assert "`seqgen train --pairs` takes the cell and the shape of run, and a learning rate of 0.002" in said
    assert "race" not in said
    assert "all weights and both vocabularies are those of run, so targets are text" in " ".join(shown.stderr.split())
    (candidate,) = json.loads(run("plan", "text.tsv", "--pairs", "--from", "run", "--json").stdout)["candidates"]
    assert candidate["learning_rate"] == pytest.approx(0.002)
