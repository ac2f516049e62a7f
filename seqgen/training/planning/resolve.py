"""From what the user set to a whole configuration: the rules fill the rest, and the result is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqgen.config import MODEL_CONFIGS, Cell, EncoderConfig, FieldValue, ModelConfig, TrainingConfig, fields_of
from seqgen.errors import ConfigError
from seqgen.training.planning.continued_rate import note_parent
from seqgen.training.planning.problem import CorpusFacts, Problem, Settings
from seqgen.training.planning.recipes import RECIPES
from seqgen.training.planning.rules import Rules

_FREE_FOR_A_CHILD = {"dropout", "input_dropout", "embedding_dropout", "weight_drop", "memory", "ngram_dropout"}
"""Fields on which the shape of no weight depends: a training run that begins from another model may change them."""
_NEVER_INHERITED = {"vocab_size", "source_vocab_size", "dropout", "input_dropout", "ngram_dropout"}
"""Fields that are chosen for the new text, whatever the parent had."""
_OPTIONS = {"n_streams": "--streams", "window": "--window"}
"""The options of the fields that are reduced if the text is short."""
SLOW_ATTENTION = "the time of its attention grows with the square of the length"
"""Why a cell may have a limit."""


@dataclass(frozen=True)
class Resolved:
    """A whole configuration."""

    model: ModelConfig
    training: TrainingConfig
    notes: tuple[str, ...]
    """Notes for the user about what is not as they asked."""
    choices: tuple[str, ...]
    """What was chosen, and why."""
    encoder: EncoderConfig | None = None
    """What reads the sources of pairs, if anything but the decoder does."""


def resolve(cell: Cell, problem: Problem) -> Resolved:
    """Fill every field that the user left open.

    Raises:
        ConfigError: the cell does not have a field that is set, or a value is out of its range.

    >>> from seqgen.config import Budget
    >>> novel = CorpusFacts(vocab_size=66, n_train=1_000_000, n_valid=100_000)
    >>> resolved = resolve("gru", Problem(settings={"dropout": 0.1}, corpus=novel, budget=Budget(epochs=3)))
    >>> resolved.model.d_model, resolved.model.dropout
    (512, 0.1)
    >>> resolved.choices
    ('n_layer 1, d_model 512, ...',)
    """
    model_class = MODEL_CONFIGS[cell]
    require_fields(problem.settings, cell)
    choices = Rules(RECIPES[cell], problem).choose()
    values: dict[str, Any] = {**choices, **problem.settings, "vocab_size": problem.corpus.vocab_size}
    asked = {name: values.get(name) or 0 for name in ("window", "memory")}
    shortened = _fit_to_text(values, problem.corpus)
    require_not_too_long(cell, {name: values.get(name) or 0 for name in asked}, asked=asked)
    model = model_class(**{name: values[name] for name in fields_of(model_class) if name in values})
    training = TrainingConfig(**{name: values[name] for name in fields_of(TrainingConfig) if name in values})
    notes = (*shortened, *_note_validation(training, problem.corpus))
    notes += tuple(note_parent(problem.parent_ratio, predicted="this text"))
    return Resolved(model, training, notes, describe_choices(choices, problem.settings))


def require_fields(settings: Settings, cell: Cell, *others: type[Any]) -> None:
    """Check that settings are fields of a cell, of its training, or of other classes of configuration.

    Raises:
        ConfigError: one is not.

    >>> require_fields({"n_head": 2}, "gru")
    Traceback (most recent call last):
    seqgen.errors.ConfigError: n_head does not belong to the cell gru: `seqgen train --fields` lists all fields
    """
    known = {name for config in (MODEL_CONFIGS[cell], TrainingConfig, *others) for name in fields_of(config)}
    for name in settings:
        if name not in known - {"vocab_size", "source_vocab_size"}:
            raise ConfigError(
                f"does not belong to the cell {cell}: `seqgen train --fields` lists all fields", field=name
            )


def require_not_too_long(cell: Cell, lengths: Mapping[str, int], *, asked: Mapping[str, int]) -> None:
    """Check that a cell can read so many tokens at once. The lengths go by the names of fields.

    Args:
        lengths: what the text leaves of the lengths.
        asked: what was asked for, which the message names.

    Raises:
        ConfigError: it cannot.

    >>> require_not_too_long("gru", {"window": 10**5}, asked={"window": 10**6})
    >>> require_not_too_long("transformer", {"window": 10**5}, asked={"window": 10**6})
    Traceback (most recent call last):
    seqgen.errors.ConfigError: window is 1,000,000: a transformer takes 32,768 at most, because the time ...
    """
    most = MODEL_CONFIGS[cell].most_at_once
    for name, length in lengths.items():
        if most is not None and length > most:
            reason = f"a {cell} takes {most:,} at most, because {SLOW_ATTENTION}"
            raise ConfigError(f"is {asked[name]:,}: {reason}; give less, or take another --cell", field=name)


def start_from(parent: ModelConfig | None, *, cell: Cell | None, settings: Settings) -> tuple[Cell | None, Settings]:
    """The cell and the settings of a training run that begins from a parent's weights, or from none.

    Raises:
        ConfigError: the parent's weights do not fit a setting.

    >>> start_from(None, cell="gru", settings={"d_model": 64})
    ('gru', {'d_model': 64})
    """
    if parent is None:
        return cell, settings
    if cell not in (None, parent.cell):
        raise ConfigError(f"--cell {cell}: the model that --from names is a {parent.cell}")
    inherited = {name: getattr(parent, name) for name in fields_of(type(parent)) if name not in _NEVER_INHERITED}
    for name, value in inherited.items():
        if name not in _FREE_FOR_A_CHILD and settings.get(name, value) != value:
            raise ConfigError(f"is {settings[name]}: the model that --from names has {value}", field=name)
    return parent.cell, {**inherited, **settings}


def _fit_to_text(values: dict[str, Any], corpus: CorpusFacts) -> list[str]:
    """Reduce streams and window to what the text can fill, in place; a note for each."""
    notes: list[str] = []
    room, reason = corpus.n_train, f"the training part has only {corpus.n_train:,} tokens"
    for name in _OPTIONS:
        wanted = values[name]
        if wanted > room:
            values[name] = room
            notes.append(f"{_OPTIONS[name]} {room:,} instead of {wanted:,}: {reason}")
        room //= max(1, values[name])
    return notes


def describe_choices(choices: Mapping[str, FieldValue], settings: Settings) -> tuple[str, ...]:
    """What was chosen, in one line; nothing if the settings leave no choice.

    >>> describe_choices({"d_model": 256, "dropout": 0.1}, {"dropout": 0.2})
    ('d_model 256',)
    """
    words = [
        f"{name} {_in_words(value)}" for name, value in choices.items() if name not in settings and value is not None
    ]
    return (", ".join(words),) if words else ()


def _note_validation(training: TrainingConfig, corpus: CorpusFacts) -> list[str]:
    n_scored = training.valid_tokens
    if n_scored is None or n_scored >= corpus.n_valid:
        return []
    return [f"validation during training scores only the first {n_scored} of {corpus.n_valid} tokens"]


def _in_words(value: FieldValue) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower()
