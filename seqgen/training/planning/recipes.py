"""What has worked well for each cell, and how well a model of some size may do.

The numbers come from the runs in `benchmarks/RESULTS.md`. `benchmarks/fit_recipes.py` fits those of a new cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

from seqgen.config import Cell, FieldValue
from seqgen.training.planning.problem import CorpusFacts, Settings

LARGE_VOCABULARY = 1_000
"""From this many tokens on, a vocabulary is treated as one of words rather than characters."""
NARROW_EMBEDDING = 64
"""Width of the embedding of characters."""
_WIDTHS = (64, 96, 128, 192, 256, 384, 512, 640, 768, 1024, 1280, 1536)
"""The widths that planning tries."""

SIZE_SCALE, SIZE_EXPONENT = 75_000, 1.3
LENGTH_SCALE, LENGTH_EXPONENT = 40_000, 0.7
OVERSIZE_COST = 0.016
"""The constants of `expected_ratio`."""


class Fill(Protocol):
    """A function that chooses the fields of a configuration which only some cells have."""

    def __call__(
        self, settings: Settings, corpus: CorpusFacts, *, d_model: int, dropout: float
    ) -> dict[str, FieldValue]: ...


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What has worked well for one cell.

    >>> RECIPES["lstm"].n_layer, RECIPES["lstm"].d_model
    (1, 512)
    """

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
    """The weight decay for few epochs."""
    tokens_per_s: float
    """Roughly the throughput of a laptop. It stands for this machine until that is measured: width, regularisation and
    the number of validations depend on it."""
    at_best: float
    """The limit that `expected_ratio` approaches for a large model and a long training on a long text."""
    fill: Fill
    """Chooses the fields that only this cell has."""
    is_planned: bool = True
    """Whether this cell is timed and compared, and raced, when the user names no cell. Every such cell makes planning
    take longer."""


def _fill_recurrent(settings: Settings, corpus: CorpusFacts, *, d_model: int, dropout: float) -> dict[str, FieldValue]:
    """A narrow embedding for characters. For words, the embedding is the output matrix (Press & Wolf 2017).

    The narrow embedding gets no dropout: over eight epochs that would cost 0.016 nats.
    """
    is_tied = settings.get("tie_weights", corpus.vocab_size >= LARGE_VOCABULARY and "d_embedding" not in settings)
    d_embedding = cast(int | None, settings.get("d_embedding", d_model if is_tied else min(NARROW_EMBEDDING, d_model)))
    return {
        "d_embedding": d_embedding,
        **({"tie_weights": True} if is_tied else {}),
        "input_dropout": dropout if (d_embedding or 0) > NARROW_EMBEDDING else 0.0,
    }


def _fill_transformer(
    settings: Settings, corpus: CorpusFacts, *, d_model: int, dropout: float
) -> dict[str, FieldValue]:
    """Heads of width 64, and a feed-forward layer 8/3 as wide as the model (Shazeer 2020), in steps of 32."""
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
    "mingru": Recipe(
        n_layer=3, d_model=384, d_model_small=256, d_model_large=512, n_streams=64, window=64,
        learning_rate=1.2e-2, muon_rate=0.1, clip_norm=10.0, weight_decay=0.05,
        tokens_per_s=30_000, at_best=0.984, fill=_fill_recurrent, is_planned=False,
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
    """The next narrower and the next wider of the widths that planning tries.

    >>> neighbouring_widths(512)
    (384, 640)
    """
    return max(tried for tried in _WIDTHS if tried < width), min(tried for tried in _WIDTHS if tried > width)


def expected_ratio(cell: Cell, n_weights: int, *, n_trained: float, n_train: int) -> float:
    """Roughly the validation nats to expect, as a multiple of those of a 7-gram model of the same training part.

    The sum of what the cell reaches at best and of what it loses because the model is small, because the training is
    short, and because the model is large for its text.

    Args:
        n_weights: parameters without embedding, output layer, norms and biases.
        n_trained: tokens to train on, epochs included.
        n_train: tokens of the training part.

    >>> round(expected_ratio("lstm", 1_000_000, n_trained=50_000_000, n_train=1_000_000), 3)
    0.867
    """
    too_small = (SIZE_SCALE / n_weights) ** SIZE_EXPONENT
    too_short = (LENGTH_SCALE / n_trained) ** LENGTH_EXPONENT
    too_large = OVERSIZE_COST * n_weights / n_train
    return float(RECIPES[cell].at_best + too_small + too_short + too_large)
