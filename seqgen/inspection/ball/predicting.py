"""A small model learns where balls go, and predicts the next cell from the last one, the last two, and so on.

Each path that it learns from begins at a random moment of a flight, with an empty state. So its first prediction is
made from one cell, its second from two, and all of them are learned equally often: one model knows how to predict from
any number of cells. It is then given only the last cells of a path, and always predicts the same next one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from seqgen.inspection.ball.best_guess import BestGuess
from seqgen.inspection.ball.motion import Box, Throws
from seqgen.inspection.ball.report import BallConfig, BallReport, Guesses, Path
from seqgen.inspection.probes import Examples
from seqgen.inspection.probes.base import Draw
from seqgen.inspection.probes.contenders import Contender
from seqgen.inspection.probing import Lesson, learn, one_thread
from seqgen.models import Decoder, count_parameters
from seqgen.waiting import waiting

_N_PARAMETERS = 50_000
_SHAPE = {"n_layer": 2}
"""What is set unless the user sets it: two layers predict whole paths better than one with as many parameters."""
_TESTED_ON, _OTHERS = 1, 2
"""Kinds of balls: no random numbers of the one serve the other. `learn` uses 0."""
_POINTS_PER_STEP = 10
"""Of the line that a flight is drawn as."""


def measure_ball(contender: Contender, config: BallConfig) -> BallReport:
    """Let a model learn where balls go, and measure how well it predicts paths that it has never seen.

    The same seed gives the same result.

    Raises:
        ConfigError: a setting does not fit the cell.

    >>> from seqgen.inspection.ball.report import BallConfig
    >>> config = BallConfig(box=Box(width=4, height=3), n_positions=2, n_steps=1, n_paths=9, n_balls=99)
    >>> sorted(measure_ball(Contender.parse("gru,d_model=8"), config).by_model)
    [1, 2]
    """
    box, contexts, contender = config.box, config.contexts, contender.with_fitting(_SHAPE)
    model_config, training = contender.model(box.n_cells, _N_PARAMETERS), contender.training(config.seed)
    throws = box.throw(config.n_paths, np.random.default_rng([config.seed, _TESTED_ON]))
    cells = throws.cells(config.n_positions + 1)  # (N, T + 1)
    with one_thread():
        best = _best_guesses(throws, config)
        with waiting(f"learning where balls go: {contender.name}", total=config.n_steps) as work:
            lesson = Lesson(draw=draw_paths(box), shortest=config.n_positions, longest=config.n_positions)
            learned = learn(model_config, lesson, training=training, n_steps=config.n_steps, on_step=work.advance)
        predicted = dict(zip(contexts, predict_next(learned.model, cells[:, :-1], contexts), strict=True))
    by_model = {n_seen: Guesses.of(chances, cells[:, -1], box=box) for n_seen, chances in predicted.items()}
    shown = _most_usual([by_model[n_seen].distances for n_seen in config.shown])
    return BallReport(
        config=config,
        name=contender.name,
        n_parameters=count_parameters(learned.model),
        n_steps=learned.n_steps,
        has_diverged=learned.has_diverged,
        by_model=by_model,
        by_best={n_seen: Guesses.of(chances, cells[:, -1], box=box) for n_seen, chances in best.items()},
        path=Path(
            cells=tuple(cells[shown].tolist()),
            line=_line_of(throws, shown, n_steps=config.n_positions),
            expected={n_seen: predicted[n_seen][shown] for n_seen in config.shown},
        ),
    )


def draw_paths(box: Box) -> Draw:
    """A function that throws balls: paths of so many cells and one more, of which all but the first are learned.

    >>> examples = draw_paths(Box(width=4, height=3))(5, 2, np.random.default_rng(0))
    >>> examples.ids.shape, bool(examples.learned.all())
    ((2, 6), True)
    """

    def draw(length: int, n: int, random: np.random.Generator) -> Examples:
        ids = box.throw(n, random).cells(length + 1)
        learned = np.ones((n, length), np.bool_)
        return Examples(ids=ids, learned=learned, asked=learned)

    return draw


@torch.inference_mode()
def predict_next(model: Decoder, cells: NDArray[np.int64], contexts: Sequence[int]) -> NDArray[np.float64]:
    """How likely each cell is to be the next, after so many of the last cells of each path (N, T): (contexts, N, V).

    >>> from seqgen.models import build_model
    >>> model = build_model(Contender.parse("gru,d_model=8").model(12))
    >>> predict_next(model, np.array([[3, 4, 5]]), [1, 3]).sum(axis=2).round(6).tolist()
    [[1.0], [1.0]]
    """
    model.eval()
    logits = [model(torch.from_numpy(cells[:, -n_seen:]), None)[0][:, -1] for n_seen in contexts]  # (N, V) each
    chances: NDArray[np.float64] = torch.stack(logits).double().softmax(dim=-1).numpy()
    return chances


def _best_guesses(throws: Throws, config: BallConfig) -> Mapping[int, NDArray[np.float64]]:
    with waiting("watching other balls"):
        random = np.random.default_rng([config.seed, _OTHERS])
        guess = BestGuess(config.box, n_steps=config.n_positions, random=random, n_balls=config.n_balls)
        columns, rows = throws.seen(config.n_positions)
        return dict(zip(config.contexts, guess.after(columns, rows, config.contexts), strict=True))


def _most_usual(errors: Sequence[NDArray[np.float64]]) -> int:
    """The number of the path whose errors are the nearest to their means."""
    return int(np.sum([np.abs(distances - distances.mean()) for distances in errors], axis=0).argmin())


def _line_of(throws: Throws, number: int, *, n_steps: int) -> NDArray[np.float64]:
    """The flight of one ball from its first cell to the next one, (N, 2)."""
    times = np.linspace(0, n_steps, n_steps * _POINTS_PER_STEP + 1)
    return np.stack([throws.places(time)[number] for time in times.tolist()])
