"""What has served each cell well, and what to expect of a shape: fitted by hand to `benchmarks/RESULTS.md`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from seqgen.config import Cell, FieldValue
from seqgen.training.planning.problem import CorpusFacts, Settings

LARGE_VOCABULARY = 1_000
_NARROW_EMBEDDING = 64
_WIDTHS = (64, 96, 128, 192, 256, 384, 512, 640, 768, 1024, 1280, 1536)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What has served one cell well; `benchmarks/RESULTS.md` says how well."""

    n_layer: int
    d_model: int
    d_model_small: int
    d_model_large: int
    n_streams: int
    window: int
    learning_rate: float
    muon_rate: float
    clip_norm: float
    weight_decay: float
    """For few passes over the text."""
    tokens_per_s: float
    """What a laptop trains, roughly: width, regularisation and the distance of validations depend on it."""
    at_best: float
    """See `expected_ratio`."""
    fill: Callable[[Settings, CorpusFacts, int, float], dict[str, FieldValue]]
    """The fields of this cell alone, from the settings, the corpus, the width and the dropout."""
    is_planned: bool = True
    """Whether this cell is among those that are timed, compared and raced when the user does not name one. Each such
    cell lengthens the start of every training for minutes."""


def _fill_recurrent(settings: Settings, corpus: CorpusFacts, d_model: int, dropout: float) -> dict[str, FieldValue]:
    """A narrow embedding for characters; for thousands of words the output layer's own (Press & Wolf 2017).

    The narrow one has nothing to spare: dropout on it costs 0.016 nats in eight passes.
    """
    is_tied = settings.get("tie_weights", corpus.vocab_size >= LARGE_VOCABULARY and "d_embedding" not in settings)
    d_embedding = cast(int | None, settings.get("d_embedding", d_model if is_tied else min(_NARROW_EMBEDDING, d_model)))
    return {
        "d_embedding": d_embedding,
        **({"tie_weights": True} if is_tied else {}),
        "input_dropout": dropout if (d_embedding or 0) > _NARROW_EMBEDDING else 0.0,
    }


def _fill_transformer(settings: Settings, corpus: CorpusFacts, d_model: int, dropout: float) -> dict[str, FieldValue]:
    """Heads of 64, a feed-forward layer of 8/3 the width (Shazeer 2020) in whole steps of 32."""
    d_head = cast(int, settings.get("d_head", max(2, min(64, d_model - d_model % 2))))
    return {
        "d_head": d_head,
        "n_head": max(1, d_model // max(1, d_head)),
        "d_feedforward": 32 * max(1, round(d_model * 8 / 3 / 32)),
        "memory": 128,
    }


RECIPES: dict[Cell, Recipe] = {
    "rnn": Recipe(
        n_layer=2, d_model=512, d_model_small=256, d_model_large=768, n_streams=32, window=128,
        learning_rate=8e-3, muon_rate=0.02, clip_norm=10.0, weight_decay=0.02,
        tokens_per_s=30_000, at_best=0.835, fill=_fill_recurrent,
    ),
    "lstm": Recipe(
        n_layer=1, d_model=512, d_model_small=384, d_model_large=768, n_streams=32, window=128,
        learning_rate=1.2e-2, muon_rate=0.05, clip_norm=10.0, weight_decay=0.05,
        tokens_per_s=30_000, at_best=0.81, fill=_fill_recurrent,
    ),
    "gru": Recipe(
        n_layer=1, d_model=512, d_model_small=256, d_model_large=768, n_streams=64, window=64,
        learning_rate=1.2e-2, muon_rate=0.05, clip_norm=10.0, weight_decay=0.1,
        tokens_per_s=28_000, at_best=0.805, fill=_fill_recurrent,
    ),
    "transformer": Recipe(
        n_layer=4, d_model=128, d_model_small=128, d_model_large=192, n_streams=32, window=128,
        learning_rate=8e-3, muon_rate=0.03, clip_norm=10.0, weight_decay=0.1,
        tokens_per_s=15_000, at_best=0.855, fill=_fill_transformer,
    ),
}  # fmt: skip

PLANNED_CELLS: tuple[Cell, ...] = tuple(cell for cell, recipe in RECIPES.items() if recipe.is_planned)
"""The cells that `seqgen train` and `plan` compare when the user names none, and that `seqgen race` trains."""


def neighbouring_widths(width: int) -> tuple[int, int]:
    """The next narrower and the next wider of the widths that are tried; `width` lies between their ends."""
    return max(other for other in _WIDTHS if other < width), min(other for other in _WIDTHS if other > width)


def expected_ratio(cell: Cell, n_weights: int, n_trained: float, n_train: int) -> float:
    """Nats on validation, roughly, as a multiple of those of a 7-gram model of the same training part.

    What a cell comes to in the end, and what it lacks because the model is too small, the time too short, or the
    text too short for the model. A fit by hand to the runs of `benchmarks/RESULTS.md`; `n_weights` leaves out
    embedding and output layer.
    """
    too_small = (75_000 / n_weights) ** 1.3
    too_short = (40_000 / n_trained) ** 0.7
    too_large = 0.016 * n_weights / n_train
    return float(RECIPES[cell].at_best + too_small + too_short + too_large)
