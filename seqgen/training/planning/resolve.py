"""From what the user asked for to a whole configuration: the one place where shapes and rates are chosen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

from seqgen.config import (
    MODEL_CONFIGS,
    Budget,
    Cell,
    FieldValue,
    ModelConfig,
    TrainingConfig,
    fields_of,
)
from seqgen.errors import ConfigError
from seqgen.training.planning.recipes import LARGE_VOCABULARY, RECIPES, CorpusFacts, Recipe, Settings
from seqgen.training.schedule import FORWARD_SHARE

_SHAPES_NO_WEIGHT = {"dropout", "input_dropout", "embedding_dropout", "weight_drop", "memory"}
_CHOSEN_ANEW = {"vocab_size", "dropout", "input_dropout"}  # of a parent's fields
_AVERAGE = fields_of(TrainingConfig)["average"].default
_OPTIMIZER = fields_of(TrainingConfig)["optimizer"].default
_SMALL_TOKENS = 200_000  # of text, or of training, below which width and streams are the smaller ones
_LARGE_TOKENS, _LARGE_TRAINING = 3_000_000, 20_000_000  # of text, and of training: above both the wider model serves
_WINDOW_OF_WORDS = 32
_USUAL_TOKENS = 1_000_000  # passes over a shorter text count for more, over a longer one for less
_WORDS_COUNT_AS = 2.3  # passes: with so many parameters for each kind of token a text is soon known by heart
_REGULARISATION = ((6, 0.0, 0.0), (11, 0.15, 0.1), (35, 0.25, 0.1), (math.inf, 0.5, 0.3))
"""Below so many passes: the dropout, and the least weight decay."""
_FEWEST_VALID_TOKENS = 10_000
_FEWEST_STEPS_BETWEEN_VALIDATIONS = 50
_MOST_VALIDATIONS = 25
_VALIDATION_SHARE = 0.03  # of the time


@dataclass(frozen=True)
class Resolved:
    """A whole configuration, and in words what was chosen for the user."""

    model: ModelConfig
    training: TrainingConfig
    notes: tuple[str, ...]


def resolve(
    cell: Cell,
    settings: Settings,
    corpus: CorpusFacts,
    budget: Budget,
    *,
    trial: Settings | None = None,
    tokens_per_s: float | None = None,
) -> Resolved:
    """Fill every field that the user left open, from the corpus and the budget.

    `trial` overrides the rules, `settings` override both; `tokens_per_s` is what a laptop trains unless it has been
    measured.

    Raises:
        ConfigError: a setting that this cell does not have, or one out of its range.
    """
    model_class = MODEL_CONFIGS[cell]
    own = {*fields_of(model_class), *fields_of(TrainingConfig)} - {"vocab_size"}
    for name in settings:
        if name not in own:
            raise ConfigError(f"{name} is not a field of a {cell}: `seqgen train --fields` lists them all")
    recipe = RECIPES[cell]
    decided = {**(trial or {}), **settings}
    n_streams, window = _choose_streams(recipe, decided, corpus)
    n_expected = _expected_tokens(corpus, budget, n_streams * window, tokens_per_s or recipe.tokens_per_s)
    chosen = {
        **_choose_shape(recipe, decided, corpus, n_expected),
        "n_streams": n_streams,
        "window": window,
        **_choose_training(recipe, decided, corpus, n_expected, n_streams * window),
        **(trial or {}),
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


def start_from(parent: ModelConfig | None, cell: Cell | None, settings: Settings) -> tuple[Cell | None, Settings]:
    """Cell and settings of a training that begins from another model's weights, or from none.

    Raises:
        ConfigError: a setting that the parent's weights do not fit.
    """
    if parent is None:
        return cell, settings
    if cell not in (None, parent.cell):
        raise ConfigError(f"--cell {cell}: the weights that --from names are those of a {parent.cell}")
    inherited = {name: getattr(parent, name) for name in fields_of(type(parent)) if name not in _CHOSEN_ANEW}
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


def _choose_shape(recipe: Recipe, settings: Settings, corpus: CorpusFacts, n_expected: float) -> dict[str, FieldValue]:
    """Wider for more text, more dropout for more passes over it."""
    if _is_small(corpus, n_expected):
        width = recipe.d_model_small
    elif corpus.n_train > _LARGE_TOKENS and n_expected > _LARGE_TRAINING:
        width = recipe.d_model_large
    else:
        width = recipe.d_model
    d_model = cast(int, settings.get("d_model", width))
    dropout, _ = _regularisation(corpus, n_expected)
    return {
        "n_layer": recipe.n_layer,
        "d_model": d_model,
        "dropout": dropout,
        **recipe.fill(settings, corpus, d_model, cast(float, settings.get("dropout", dropout))),
    }


def _is_small(corpus: CorpusFacts, n_expected: float) -> bool:
    return min(corpus.n_train, n_expected) < _SMALL_TOKENS


def _regularisation(corpus: CorpusFacts, n_expected: float) -> tuple[float, float]:
    """Dropout and least weight decay, by how well the text will be known in the end."""
    passes = n_expected / corpus.n_train * (_USUAL_TOKENS / corpus.n_train) ** (1 / 3)
    if corpus.vocab_size >= LARGE_VOCABULARY:
        passes *= _WORDS_COUNT_AS
    return next((dropout, decay) for below, dropout, decay in _REGULARISATION if passes < below)


def _choose_streams(recipe: Recipe, settings: Settings, corpus: CorpusFacts) -> tuple[int, int]:
    """Streams and window no larger than the text; fewer streams for a small one, which needs the steps."""
    own_window = _WINDOW_OF_WORDS if corpus.vocab_size >= LARGE_VOCABULARY else recipe.window
    window = cast(int, settings.get("window", min(own_window, corpus.n_train)))
    own_streams = recipe.n_streams // 2 if corpus.n_train < _SMALL_TOKENS else recipe.n_streams
    room = max(1, corpus.n_train // max(1, window))
    return cast(int, settings.get("n_streams", min(own_streams, room))), window


def _choose_training(
    recipe: Recipe, settings: Settings, corpus: CorpusFacts, n_expected: float, tokens_a_step: int
) -> dict[str, FieldValue]:
    """Rates, decay, and how often to validate; the decay was chosen for Muon."""
    faster = cast(float, settings.get("learning_rate", recipe.learning_rate)) / recipe.learning_rate
    has_muon = settings.get("optimizer", _OPTIMIZER) == "muon"
    return {
        "learning_rate": recipe.learning_rate,
        "muon_rate": recipe.muon_rate * faster,
        "clip_norm": recipe.clip_norm,
        "weight_decay": max(recipe.weight_decay, _regularisation(corpus, n_expected)[1]) if has_muon else 0.0,
        **_choose_validation(settings, corpus, n_expected, max(1, tokens_a_step)),
    }


def _choose_validation(
    settings: Settings, corpus: CorpusFacts, n_expected: float, tokens_a_step: int
) -> dict[str, FieldValue]:
    """How often to validate, and on how much: about 3 % of the time."""
    n_readings = 1 if settings.get("average", _AVERAGE) is None else 2  # of the weights and of their average
    share = FORWARD_SHARE * n_readings / _VALIDATION_SHARE
    most = max(_FEWEST_VALID_TOKENS, int(n_expected / share))
    valid_tokens = most if corpus.n_valid > most else None
    affordable = (valid_tokens or corpus.n_valid) * share / tokens_a_step
    plenty = n_expected / _MOST_VALIDATIONS / tokens_a_step
    return {
        "evaluate_every": math.ceil(max(_FEWEST_STEPS_BETWEEN_VALIDATIONS, affordable, plenty)),
        "valid_tokens": valid_tokens,
    }


def _expected_tokens(corpus: CorpusFacts, budget: Budget, tokens_a_step: int, tokens_per_s: float) -> float:
    """Training tokens that the budget pays for, roughly."""
    if budget.minutes is not None:
        return budget.minutes * 60 * tokens_per_s
    if budget.epochs is not None:
        return budget.epochs * corpus.n_train
    return float(cast(int, budget.steps) * max(1, tokens_a_step))


def _in_words(value: FieldValue) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower()
