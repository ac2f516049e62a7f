"""Predicting the ball: the best guess is exact where it can be known, and a model learns that more cells say more."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seqgen.inspection.ball.best_guess import BestGuess
from seqgen.inspection.ball.motion import Box
from seqgen.inspection.ball.predicting import draw_paths, measure_ball, predict_next
from seqgen.inspection.ball.report import BallConfig, BallReport, Guesses
from seqgen.inspection.probes.contenders import Contender
from seqgen.models import build_model

TINY = BallConfig(box=Box(width=5, height=4, speed=1.5), n_positions=6, n_steps=300, n_paths=300, n_balls=50_000)


@pytest.fixture(scope="module")
def learned() -> BallReport:
    return measure_ball(Contender.parse("gru,d_model=32"), TINY)


def test_from_one_cell_the_best_guess_is_the_mean_over_all_directions() -> None:
    """A ball is anywhere in its cell, at any speed from -2 to 2: it stays or moves by one in a quarter of the cases
    each, and by two in an eighth each. So the next column costs 2.25 bits."""
    box = Box(width=21, height=21)
    guess = BestGuess(box, n_steps=1, random=np.random.default_rng(0), n_balls=400_000)
    seen = np.full((1, 1), 10, np.int8)
    (((chances),),) = guess.after(seen, seen, [1])
    across = chances.reshape(21, 21).sum(axis=0)
    np.testing.assert_allclose(across[8:13], [0.125, 0.25, 0.25, 0.25, 0.125], atol=0.01)
    bits = -(chances[chances > 0] * np.log2(chances[chances > 0])).sum()
    assert bits == pytest.approx(4.5, abs=0.02)


def test_after_two_cells_side_by_side_a_ball_that_was_fast_is_sure_to_go_on() -> None:
    box = Box(width=21, height=21)
    guess = BestGuess(box, n_steps=2, random=np.random.default_rng(0), n_balls=400_000)
    columns, rows = np.array([[10], [12]], np.int8), np.array([[10], [10]], np.int8)
    (((chances),),) = guess.after(columns, rows, [2])
    across = chances.reshape(21, 21).sum(axis=0)
    assert across[13] + across[14] > 0.999  # its speed was from 1 to 2
    assert chances.sum() == pytest.approx(1)


def test_the_best_guess_is_never_worse_from_more_cells_and_nothing_is_impossible() -> None:
    box = Box(width=6, height=4)
    random = np.random.default_rng(0)
    guess = BestGuess(box, n_steps=6, random=random, n_balls=100_000)
    throws = box.throw(300, random)
    cells = throws.cells(7)
    chances = guess.after(*throws.seen(6), contexts=[1, 2, 3, 6])
    assert chances.min() > 0
    nats = [Guesses.of(each, cells[:, -1], box=box).nats for each in chances]
    assert nats == sorted(nats, reverse=True) and nats[-1] < nats[0] / 2


def test_where_no_other_ball_went_the_guess_from_fewer_cells_stands() -> None:
    box = Box(width=3, height=3)
    guess = BestGuess(box, n_steps=4, random=np.random.default_rng(0), n_balls=30)
    strange = np.array([[0], [2], [0], [2]], np.int8)
    three, four = guess.after(strange, strange, [3, 4])
    np.testing.assert_array_equal(three, four)


def test_the_errors_are_those_of_the_mean_of_the_prediction() -> None:
    box = Box(width=4, height=1)
    chances = np.array([[0.5, 0, 0.5, 0], [0, 0, 0, 1.0]])
    guesses = Guesses.of(chances, np.array([0, 3]), box=box)
    assert guesses.distances.tolist() == [1, 0] and guesses.off_by == 0.5
    assert guesses.right == 1 and guesses.nats == pytest.approx(math.log(2) / 2)


def test_a_model_is_only_given_the_last_cells() -> None:
    model = build_model(Contender.parse("lstm,d_model=8").model(12))
    cells = np.array([[1, 2, 3, 4], [7, 8, 3, 4]])
    one, two, four = predict_next(model, cells, [1, 2, 4])
    assert (one[0] == one[1]).all() and (two[0] == two[1]).all() and (four[0] != four[1]).any()


def test_a_lesson_asks_for_every_cell_but_the_first() -> None:
    examples = draw_paths(Box(width=4, height=3))(5, 3, np.random.default_rng(0))
    assert examples.batch.inputs.shape == examples.batch.targets.shape == (3, 5)
    assert examples.batch.mask is not None and examples.batch.mask.all()


def test_a_model_errs_most_from_one_cell_less_from_two_and_least_from_the_whole_path(learned: BallReport) -> None:
    one, two, whole = (learned.by_model[n_seen] for n_seen in (1, 2, 6))
    assert one.off_by > 1.15 * two.off_by and two.off_by > 1.1 * whole.off_by
    assert one.nats > two.nats + 0.3 and two.nats > whole.nats + 0.1
    assert one.right < two.right < whole.right


def test_no_model_beats_the_best_guess_and_from_one_cell_it_comes_near(learned: BallReport) -> None:
    for n_seen, best in learned.by_best.items():
        assert learned.by_model[n_seen].nats > best.nats - 0.02
    assert learned.by_model[1].nats < learned.by_best[1].nats + 0.15
    assert learned.by_model[1].off_by == pytest.approx(learned.by_best[1].off_by, abs=0.05)


def test_the_path_that_is_shown_is_one_that_was_predicted(learned: BallReport) -> None:
    path = learned.path
    assert len(path.cells) == 7 and list(path.expected) == [1, 2, 6]
    assert [chances.sum() for chances in path.expected.values()] == pytest.approx([1, 1, 1])
    ends = path.line[[0, -1]].astype(int) @ [1, 5]
    assert ends.tolist() == [path.cells[0], path.cells[-1]]


def test_the_same_seed_gives_the_same_numbers_and_leaves_the_state_of_torch_alone() -> None:
    tiny = {"box": Box(width=4, height=3), "n_positions": 2, "n_steps": 3, "n_paths": 20, "n_balls": 500}
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    first, again, other = (
        measure_ball(Contender.parse("rnn,d_model=8"), BallConfig(seed=seed, **tiny)).to_json()  # type: ignore[arg-type]
        for seed in (1, 1, 2)
    )
    assert first == again and first["contexts"] != other["contexts"]
    assert torch.equal(torch.rand(1), expected)


def test_a_training_that_diverges_has_no_numbers_but_is_reported() -> None:
    tiny = BallConfig(box=Box(width=4, height=3), n_positions=2, n_steps=60, n_paths=20, n_balls=500)
    report = measure_ball(Contender.parse("rnn,d_model=8,nonlinearity=relu,learning_rate=900,muon_rate=900"), tiny)
    assert report.has_diverged and report.n_steps < 60
    assert all(number is None or math.isfinite(number) for number in report.to_json()["contexts"][0]["model"].values())
