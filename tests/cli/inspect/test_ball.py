"""`seqgen inspect ball`: the drawing, the table, the picture, JSON, and one line for bad input."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from seqgen.cli.inspect.ball_drawing import draw_ball_in_terminal, shade_of
from seqgen.cli.inspect.ball_pictures import draw_ball_as_png
from seqgen.inspection.ball import report
from seqgen.inspection.ball.motion import Box
from seqgen.inspection.ball.report import BallConfig, BallReport, Guesses
from seqgen.inspection.ball.report import Path as BallPath
from tests.cli.inspect.commands import printed, refusal

PNG = b"\x89PNG"
QUICK = ("--cell", "gru,d_model=8", "--steps", 2)


@pytest.fixture(autouse=True)
def few_balls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A million balls would take some seconds."""
    monkeypatch.setattr(report, "BallConfig", partial(BallConfig, n_paths=100, n_balls=20_000))


def report_of(expected: dict[int, list[float]], cells: tuple[int, ...]) -> BallReport:
    """A report on one path in a box of 3 x 2 cells."""
    box = Box(width=3, height=2)
    chances = {n_seen: np.array(row) for n_seen, row in expected.items()}
    guesses = {n_seen: Guesses.of(row[None], np.array(cells[-1:]), box=box) for n_seen, row in chances.items()}
    return BallReport(
        config=BallConfig(n_steps=2, box=box, n_positions=len(cells) - 1),
        name="gru",
        n_parameters=9,
        n_steps=2,
        has_diverged=False,
        by_model=guesses,
        by_best=guesses,
        path=BallPath(cells=cells, line=np.array([[0.5, 0.5], [2.5, 1.5]]), expected=chances),
    )


def test_the_grids_show_what_was_seen_what_was_expected_and_where_the_ball_went() -> None:
    """Tokens 0 1 2 are the lower row, 3 4 5 the upper one."""
    shown = report_of({1: [0, 0.3, 0.35, 0, 0.02, 0.33], 2: [0, 0, 0, 0.0, 0, 1.0]}, cells=(0, 1, 5))
    assert draw_ball_in_terminal(shown).splitlines() == [
        " from 1 from all 2",
        "┌──────┬──────┐",
        "│  ░░▓X│    █X│",
        "│  ▓o▓▓│ o o  │",
        "└──────┴──────┘",
    ]


def test_a_cell_is_darker_the_surer_it_is() -> None:
    assert [shade_of(chance) for chance in (0.01, 0.02, 0.1, 0.3, 0.6)] == list(" ░▒▓█")


def test_the_output_fits_a_screen_and_has_a_row_for_each_number_of_positions(tmp_path: Path) -> None:
    picture = tmp_path / "ball.png"
    lines = printed("ball", *QUICK, "--out", picture).splitlines()
    assert lines[0].startswith("a ball in a box of 12 x 8 cells; each cell is a token")
    (top,) = (number for number, line in enumerate(lines) if line.startswith("┌"))
    assert lines[top - 1].split("from ")[1:] == ["1".ljust(20), "2".ljust(20), "all 16"]
    assert max(map(len, lines[top - 1 : top + 10])) <= 80
    (header,) = (number for number, line in enumerate(lines) if line.startswith("seen  off by"))
    assert [line.split()[0] for line in lines[header + 2 : header + 10]] == ["1", "2", "3", "4", "6", "8", "12", "16"]
    for words in ("from 1 position: off by ", "from 2 positions: off by ", "from 16 positions: off by "):
        assert any(line.startswith(words) for line in lines)
    assert picture.read_bytes().startswith(PNG)


def test_the_json_has_the_model_beside_the_best_guess_and_the_path(tmp_path: Path) -> None:
    picture = tmp_path / "ball.png"
    document = json.loads(printed("ball", *QUICK, "--gravity", 0.1, "--seed", 3, "--json", "--out", picture))
    assert document["box"] == {"width": 12, "height": 8, "speed": 2.0, "gravity": 0.1}
    assert (document["model"], document["steps"], document["seed"]) == ("gru, n_layer 2, d_model 8", 2, 3)
    assert [row["seen"] for row in document["contexts"]] == [1, 2, 3, 4, 6, 8, 12, 16]
    assert document["contexts"][-1]["best"]["nats"] < document["contexts"][0]["best"]["nats"] / 2
    assert len(document["path"]["cells"]) == 17 and len(document["path"]["expected"]["2"]) == 96
    assert document["picture"] == str(picture)


def test_strange_names_and_a_training_that_diverged_are_drawn() -> None:
    drawn = report_of({1: [0, 0.3, 0.35, 0, 0.02, 0.33], 2: [float("nan")] * 6}, cells=(0, 1, 5))
    assert draw_ball_as_png(replace(drawn, name="a_$b", has_diverged=True)).startswith(PNG)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--cell", "mamba"], "--cell is 'mamba': it must be one of rnn, lstm, gru, transformer"),
        (["--cell", "lstm,nonlinearity=relu"], "'nonlinearity=relu' sets an unknown field"),
        (["--steps", "0"], "--steps is 0: it must be 1 or more"),
        (["--gravity", "2"], "--gravity is 2: it must be from 0 to 1"),
        (["--seed", "-1"], "--seed is -1: it must be from 0 to"),
        (["--out", "ball.pdf"], "--out ball.pdf: the picture is a PNG, so its name must end with .png"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], said: str) -> None:
    assert refusal("ball", *arguments).startswith(f"seqgen: {said}")
