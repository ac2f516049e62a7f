"""From what the user asked for to a whole configuration: the one place where shapes and rates are chosen."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from seqgen.config import (
    DEFAULT_CELL,
    MODEL_CONFIGS,
    Budget,
    Cell,
    FieldValue,
    ModelConfig,
    TrainingConfig,
    fields_of,
)
from seqgen.errors import ConfigError
from seqgen.training.schedule import FORWARD_SHARE

Settings = Mapping[str, FieldValue]

_SHAPES_NO_WEIGHT = {"dropout", "memory"}
_SMALL_TOKENS = 150_000  # of text, or of training, below which the smaller width is chosen
_LARGE_VOCABULARY = 1_000
_FEWEST_VALID_TOKENS = 10_000
_FEWEST_STEPS_BETWEEN_VALIDATIONS = 50
_MOST_VALIDATIONS = 25
_VALIDATION_SHARE = 0.05  # of the time


@dataclass(frozen=True)
class CorpusFacts:
    """What the choice of a model needs to know of its corpus."""

    vocab_size: int
    n_train: int
    """Tokens."""
    n_valid: int


@dataclass(frozen=True)
class Resolved:
    """A whole configuration, and in words what was chosen for the user."""

    model: ModelConfig
    training: TrainingConfig
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Recipe:
    """What has served one cell well; `benchmarks/RESULTS.md` says how well."""

    n_layer: int
    d_model: int
    d_model_small: int
    n_streams: int
    window: int
    learning_rate: float
    clip_norm: float
    tokens_per_s: float
    """What a laptop trains, roughly: width, dropout and the distance of validations depend on it."""
    fill: Callable[[Settings, CorpusFacts, int], dict[str, FieldValue]]
    """The fields of this cell alone, from the settings, the corpus and the width."""


def _fill_recurrent(settings: Settings, corpus: CorpusFacts, d_model: int) -> dict[str, FieldValue]:
    narrow = 64 if corpus.vocab_size < _LARGE_VOCABULARY else 256
    return {"d_embedding": d_model if settings.get("tie_weights") else min(narrow, d_model)}


def _fill_transformer(settings: Settings, corpus: CorpusFacts, d_model: int) -> dict[str, FieldValue]:
    """Heads of 64, a feed-forward layer of 8/3 the width (Shazeer 2020) in whole steps of 32."""
    d_head = cast(int, settings.get("d_head", max(2, min(64, d_model - d_model % 2))))
    return {
        "d_head": d_head,
        "n_head": max(1, d_model // max(1, d_head)),
        "d_feedforward": 32 * max(1, round(d_model * 8 / 3 / 32)),
        "memory": 256,
    }


_RECIPES: dict[Cell, _Recipe] = {
    "rnn": _Recipe(
        n_layer=2, d_model=512, d_model_small=256, n_streams=16, window=64,
        learning_rate=2e-3, clip_norm=10.0, tokens_per_s=15_000, fill=_fill_recurrent,
    ),
    "lstm": _Recipe(
        n_layer=1, d_model=512, d_model_small=384, n_streams=16, window=64,
        learning_rate=1e-2, clip_norm=10.0, tokens_per_s=30_000, fill=_fill_recurrent,
    ),
    "gru": _Recipe(
        n_layer=1, d_model=512, d_model_small=256, n_streams=16, window=64,
        learning_rate=5e-3, clip_norm=1.0, tokens_per_s=14_000, fill=_fill_recurrent,
    ),
    "transformer": _Recipe(
        n_layer=4, d_model=128, d_model_small=128, n_streams=16, window=64,
        learning_rate=4e-3, clip_norm=1.0, tokens_per_s=13_000, fill=_fill_transformer,
    ),
}  # fmt: skip


def resolve(cell: Cell, settings: Settings, corpus: CorpusFacts, budget: Budget) -> Resolved:
    """Fill every field that the user left open, from the corpus and the budget.

    Raises:
        ConfigError: a setting that this cell does not have, or one out of its range.
    """
    model_class = MODEL_CONFIGS[cell]
    own = {*fields_of(model_class), *fields_of(TrainingConfig)} - {"vocab_size"}
    for name in settings:
        if name not in own:
            raise ConfigError(f"{name} is not a field of a {cell}: `seqgen train --fields` lists them all")
    chosen = {
        **_choose_shape(cell, settings, corpus, budget),
        **_choose_training(cell, settings, corpus, budget),
    }
    values: dict[str, Any] = {**chosen, **settings, "vocab_size": corpus.vocab_size}
    shortened = _fit_to_text(values, corpus)
    model = model_class(**{name: values[name] for name in fields_of(model_class) if name in values})
    training = TrainingConfig(**{name: values[name] for name in fields_of(TrainingConfig) if name in values})
    choices = [
        f"{name} {_in_words(value)}" for name, value in chosen.items() if name not in settings and value is not None
    ]
    if training.valid_tokens is not None and training.valid_tokens < corpus.n_valid:
        shortened.append(
            f"validation while training reads the first {training.valid_tokens} of {corpus.n_valid} tokens"
        )
    notes = [f"chosen: {', '.join(choices)}", *shortened] if choices else shortened
    return Resolved(model, training, tuple(notes))


def start_from(parent: ModelConfig | None, cell: Cell | None, settings: Settings) -> tuple[Cell, Settings]:
    """Cell and settings of a training that begins from another model's weights, or from none.

    Raises:
        ConfigError: a setting that the parent's weights do not fit.
    """
    if parent is None:
        return cell or DEFAULT_CELL, settings
    if cell not in (None, parent.cell):
        raise ConfigError(f"--cell {cell}: the weights that --from names are those of a {parent.cell}")
    inherited = {name: getattr(parent, name) for name in fields_of(type(parent)) if name != "vocab_size"}
    for name, value in inherited.items():
        if name not in _SHAPES_NO_WEIGHT and settings.get(name, value) != value:
            raise ConfigError(f"{name} is {settings[name]}: the weights that --from names have {value}")
    return parent.cell, {**inherited, **settings}


def _fit_to_text(values: dict[str, Any], corpus: CorpusFacts) -> list[str]:
    """Cut streams and window down to what the text can feed, and say so."""
    notes: list[str] = []
    room = corpus.n_train
    for name in ("n_streams", "window"):
        wanted = values[name]
        if wanted > room:
            values[name] = room
            notes.append(f"{name} {room} instead of {wanted}: the training part has only {corpus.n_train} tokens")
        room //= max(1, values[name])
    return notes


def _choose_shape(cell: Cell, settings: Settings, corpus: CorpusFacts, budget: Budget) -> dict[str, FieldValue]:
    """Wider for more text, more dropout for more passes over it."""
    recipe = _RECIPES[cell]
    expected = _expected_tokens(recipe, corpus, budget)
    n_epochs = expected / corpus.n_train
    is_small = min(corpus.n_train, expected) < _SMALL_TOKENS
    width = recipe.d_model_small if is_small else recipe.d_model
    d_model = cast(int, settings.get("d_model", width))
    return {
        "n_layer": recipe.n_layer,
        "d_model": width,
        "dropout": 0.0 if n_epochs < 4 else 0.1 if n_epochs < 8 else 0.3 if n_epochs < 15 else 0.5,
        **recipe.fill(settings, corpus, d_model),
    }


def _choose_training(cell: Cell, settings: Settings, corpus: CorpusFacts, budget: Budget) -> dict[str, FieldValue]:
    """Streams and window no larger than the text; validations that cost about 5 % of the time."""
    recipe = _RECIPES[cell]
    window = min(cast(int, settings.get("window", recipe.window)), corpus.n_train)
    n_streams = min(cast(int, settings.get("n_streams", recipe.n_streams)), max(1, corpus.n_train // max(1, window)))
    expected = _expected_tokens(recipe, corpus, budget)
    most = max(_FEWEST_VALID_TOKENS, int(expected * _VALIDATION_SHARE / FORWARD_SHARE))
    valid_tokens = most if corpus.n_valid > most else None
    tokens_a_step = max(1, n_streams * window)
    affordable = (valid_tokens or corpus.n_valid) * FORWARD_SHARE / _VALIDATION_SHARE / tokens_a_step
    plenty = expected / _MOST_VALIDATIONS / tokens_a_step
    return {
        "n_streams": n_streams,
        "window": window,
        "learning_rate": recipe.learning_rate,
        "clip_norm": recipe.clip_norm,
        "evaluate_every": math.ceil(max(_FEWEST_STEPS_BETWEEN_VALIDATIONS, affordable, plenty)),
        "valid_tokens": valid_tokens,
    }


def _expected_tokens(recipe: _Recipe, corpus: CorpusFacts, budget: Budget) -> float:
    """Training tokens that the budget pays for, roughly."""
    if budget.minutes is not None:
        return budget.minutes * 60 * recipe.tokens_per_s
    if budget.epochs is not None:
        return budget.epochs * corpus.n_train
    return float(cast(int, budget.steps) * recipe.n_streams * recipe.window)


def _in_words(value: FieldValue) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower()
