"""`seqgen race`: a training run of every planned cell, one table, one picture, one verdict."""

from __future__ import annotations

import json
import math
import re
import signal
import statistics
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from seqgen.cli import app
from seqgen.cli.train.race_board import RaceBoard
from seqgen.cli.train.race_entry import RaceEntry
from seqgen.evaluation import Reading
from seqgen.inspection.memory import Memory, MemoryConfig, measure_memory
from seqgen.run import MODEL_FILE, SavedModel, open_model
from seqgen.training.planning.recipes import PLANNED_CELLS
from tests.tiny import STORIES

TINY = ["--minutes", "0.005", "--set", "d_model=16", "--set", "n_streams=4", "--set", "window=16", "--device", "cpu"]


@pytest.fixture
def two_cells(monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The cells of a shorter race."""
    cells = ("gru", "rnn")
    monkeypatch.setattr("seqgen.training.planning.race_requests.PLANNED_CELLS", cells)
    return cells


def race(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["race", *map(str, arguments)])


def test_every_cell_runs_and_the_best_comes_first(story: Path) -> None:
    result = race(story, *TINY, "--out", "runs")
    assert result.exit_code == 0, result.stderr
    assert {path.name for path in Path("runs").iterdir()} == {*PLANNED_CELLS, "race.png", "race-memory.png"}
    table = [line for line in result.stdout.splitlines() if line.startswith(PLANNED_CELLS)]
    rows = [line.split() for line in table]
    scores = {cell: open_model(Path("runs") / cell).record.progress.valid_nats_per_token for cell in PLANNED_CELLS}
    assert [row[0] for row in rows[: len(PLANNED_CELLS)]] == sorted(scores, key=lambda cell: scores[cell] or math.inf)
    assert max(map(len, table)) <= 80
    assert re.search(rf"verdict: {rows[0][0]} (predicts this text best|and \w+ cannot be told apart)", result.stdout)
    assert result.stderr.splitlines()[-1] == f"write with the best: seqgen sample {Path('runs') / rows[0][0]}"
    assert [float(row[2]) for row in rows[:2]] == sorted(float(row[2]) for row in rows[:2])
    assert Path("runs/race.png").read_bytes().startswith(b"\x89PNG")
    memories = [line.split()[1] for line in result.stdout.splitlines() if line.startswith("memory: ")]
    assert memories == [row[0] for row in rows[: len(PLANNED_CELLS)]]
    assert Path("runs/race-memory.png").read_bytes().startswith(b"\x89PNG")


def test_json_has_the_runs_and_the_verdict(story: Path, two_cells: tuple[str, ...]) -> None:
    document = json.loads(race(story, *TINY, "--json").stdout)
    assert {run["cell"] for run in document["runs"]} == set(two_cells)
    assert document["verdict"]
    assert all(run["train_bits_per_character"] > 0 for run in document["runs"])
    assert set(document["memory"]) == set(two_cells)
    assert Path(document["picture"]).exists()
    assert Path(document["memory_picture"]).exists()
    assert all(Path(run["run"]).is_dir() for run in document["runs"])


def test_several_seeds_of_a_cell_are_one_row_with_their_deviation(story: Path, two_cells: tuple[str, ...]) -> None:
    result = race(story, *TINY, "--seeds", 2, "--out", "runs")
    assert result.exit_code == 0, result.stderr
    for cell in two_cells:
        runs = [open_model(Path("runs") / name).record for name in (cell, f"{cell}-seed-1")]
        assert [record.training.seed for record in runs] == [0, 1]
        bits = [record.progress.valid_bits_per_character or 0.0 for record in runs]
        (row,) = (line for line in result.stdout.splitlines() if line.startswith(f"{cell} "))
        assert f"{statistics.fmean(bits):.4f} ± {statistics.stdev(bits):.4f}" in row
    assert "standard deviation over 2 seeds" in result.stdout
    best = min(Path("runs").glob("*/"), key=lambda run: open_model(run).record.progress.valid_bits_per_character or 9.0)
    assert result.stderr.splitlines()[-1] == f"write with the best: seqgen sample {best}"


def test_the_memory_in_a_race_is_that_of_the_networks_alone(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.training.planning.race_requests.PLANNED_CELLS", ("gru",))
    story.write_text(STORIES.read_text(encoding="utf-8")[:30_000], encoding="utf-8")
    measured: list[SavedModel] = []

    def measure(reading: Reading, config: MemoryConfig) -> Memory:
        measured.append(reading.saved)
        return measure_memory(reading, config)

    monkeypatch.setattr("seqgen.inspection.memory.measure_memory", measure)
    result = race(story, *TINY, "--out", "runs")
    assert result.exit_code == 0, result.stderr
    assert open_model("runs/gru").expert is not None
    assert [model.expert for model in measured] == [None]


def test_a_race_on_a_text_too_short_for_memory_says_so(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.training.planning.race_requests.PLANNED_CELLS", ("gru",))
    story.write_text(story.read_text(encoding="utf-8")[:1500], encoding="utf-8", newline="")
    result = race(story, *TINY, "--out", "runs")
    assert result.exit_code == 0, result.stderr
    assert "memory: " not in result.stdout
    said = "how far back the networks look is not measured: story.txt (valid) has 150 tokens, too few for"
    assert any(line.startswith(said) for line in result.stderr.splitlines())
    assert not Path("runs/race-memory.png").exists()


@pytest.mark.usefixtures("two_cells")
def test_where_no_run_is_named_the_best_of_the_race_is_used_and_said(story: Path) -> None:
    best = race(story, *TINY).stderr.splitlines()[-1].split()[-1]
    for command in (["sample", "--length", "5"], ["eval"], ["info"]):
        (line,) = (line for line in CliRunner().invoke(app, command).stderr.splitlines() if line.startswith("model: "))
        assert line.startswith(f"model: {Path(best, MODEL_FILE)}")
        assert line.endswith(", the best run of the newest race")
    assert "race" not in CliRunner().invoke(app, ["sample", best, "--length", "5"]).stderr


def test_a_race_that_is_stopped_says_how_to_continue(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refresh_and_interrupt(_: RaceBoard) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(RaceBoard, "refresh", refresh_and_interrupt)
    result = race(story, *TINY, "--out", "runs")
    assert result.exit_code == 130
    last = result.stderr.splitlines()[-1]
    assert re.fullmatch(r"saved at step 1; continue with: seqgen train --resume runs/\w+", last)


@pytest.mark.usefixtures("two_cells")
def test_ctrl_c_while_the_expert_and_the_temperature_are_sought_is_answered_at_once(
    story: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the search went on")

    monkeypatch.setattr("seqgen.evaluation.close_run", interrupted)
    result = race(story, *TINY, "--out", "runs")
    assert result.exit_code == 130
    saved, ended = result.stderr.splitlines()[-2:]
    assert re.fullmatch(r"saved at step \d+; continue with: seqgen train --resume runs/gru", saved)
    assert ended == "trained to the end: runs/gru"
    assert not Path("runs/rnn").exists()


def test_a_race_that_is_stopped_later_names_the_runs_that_have_ended(
    story: Path, two_cells: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = RaceBoard.begin

    def begin_and_interrupt(board: RaceBoard, entry: RaceEntry) -> None:
        begin(board, entry)
        if entry.cell == two_cells[1]:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(RaceBoard, "begin", begin_and_interrupt)
    said = race(story, *TINY, "--out", "runs").stderr.splitlines()
    assert said[-2:] == [
        f"saved at step 1; continue with: seqgen train --resume runs/{two_cells[1]}",
        f"trained to the end: runs/{two_cells[0]}",
    ]


def test_what_there_is_to_say_about_the_text_is_said_once(story: Path, two_cells: tuple[str, ...]) -> None:
    text = story.read_text(encoding="utf-8")
    story.write_text(text + "жж", encoding="utf-8", newline="")
    said = race(story, *TINY, "--out", "runs").stderr.splitlines()
    remark = "characters of the valid part that are not in the vocabulary and were left out: 2 (0.33%)"
    assert all(remark in open_model(Path("runs") / cell).record.notes for cell in two_cells)
    assert [line for line in said if "vocabulary" in line] == [remark]  # without the name of a cell
