"""A task that shows whether weights are shared: name the one letter among fillers, wherever it stands.

In training the letter stands at every other place. Who shares the weights of all places knows it at the places between
them too. Who has weights for every place of its own has learned nothing there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqgen.evaluation.neural_baselines import FixedWindow
from seqgen.inspection.predictors import Draw, Predictor, learn
from seqgen.shares import Estimate, share

N_PLACES = FixedWindow.n_before
"""Tokens of a row: as many as the window reads."""
TRAINED_PLACES, NEW_PLACES = range(0, N_PLACES, 2), range(1, N_PLACES, 2)
"""Where the letter stands in training, and where it never does. Places count from the first token of the row."""
N_LETTERS = 8
_N_FILLERS = 4
PLACES_VOCABULARY = 1 + N_LETTERS + _N_FILLERS
"""The end-of-text token, the letters, the fillers."""
_N_EXAMPLES, _N_TESTED = 64, 512
"""Rows of a step of training, and rows that are tested with the letter at one place."""
_TRAINED_ON, _TESTED_ON = 0, 1
"""Kinds of rows: no random numbers of the one serve the other."""


def learn_places(predictor: Predictor, *, n_steps: int, seed: int) -> None:
    """Train a predictor to name the letter at every other place.

    >>> from seqgen.inspection.predictors import BagPredictor
    >>> bag = BagPredictor(PLACES_VOCABULARY, seed=0)
    >>> learn_places(bag, n_steps=200, seed=0)
    >>> [right.value for right in right_at_places(bag, seed=0)][:3]
    [1.0, 1.0, 1.0]
    """
    learn(predictor, _draw_rows(seed), n_steps=n_steps, what="learning to name a letter")


def right_at_places(predictor: Predictor, *, seed: int) -> list[Estimate]:
    """The share of right answers with the letter at each place."""
    return [_right_at(predictor, place, np.random.default_rng([seed, _TESTED_ON, place])) for place in range(N_PLACES)]


def mean_over(shares: Sequence[Estimate], places: Sequence[int]) -> Estimate:
    """The share of right answers over several places together.

    >>> rights = [share(512, 512), share(64, 512)]
    >>> print(mean_over(rights, [0]), "and", mean_over(rights, [1]))
    100.0 % (99.3 to 100.0) and 12.5 % (9.9 to 15.6)
    """
    n_hits = sum(round(shares[place].value * _N_TESTED) for place in places)
    return share(n_hits, _N_TESTED * len(places))


def _right_at(predictor: Predictor, place: int, random: np.random.Generator) -> Estimate:
    rows, letters = _rows(np.full(_N_TESTED, place), random)
    with torch.inference_mode():
        named = predictor.logits(torch.from_numpy(rows)).argmax(dim=1).numpy()
    return share(int((named == letters).sum()), _N_TESTED)


def _draw_rows(seed: int) -> Draw:
    random = np.random.default_rng([seed, _TRAINED_ON])

    def draw() -> tuple[Tensor, Tensor]:
        rows, letters = _rows(random.choice(np.array(TRAINED_PLACES), _N_EXAMPLES), random)
        return torch.from_numpy(rows), torch.from_numpy(letters)

    return draw


def _rows(places: NDArray[np.int64], random: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of fillers with a letter at these places, (B, N_PLACES), and the letters, (B,)."""
    n_rows = len(places)
    rows = random.integers(1 + N_LETTERS, PLACES_VOCABULARY, (n_rows, N_PLACES))
    letters = random.integers(1, 1 + N_LETTERS, n_rows)
    rows[np.arange(n_rows), places] = letters
    return rows, letters
