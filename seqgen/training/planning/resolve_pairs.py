"""From what the user set to a whole configuration for pairs. `resolve.py` does the same for texts."""

from __future__ import annotations

from typing import Any

from seqgen.config import (
    MODEL_CONFIGS,
    Cell,
    Direction,
    EncoderConfig,
    EncoderShape,
    ModelConfig,
    TrainingConfig,
    fields_of,
)
from seqgen.errors import ConfigError
from seqgen.training.planning.continued_rate import note_parent
from seqgen.training.planning.pair_problem import PairProblem
from seqgen.training.planning.pair_rules import PairRules
from seqgen.training.planning.problem import Settings
from seqgen.training.planning.resolve import (
    SLOW_ATTENTION,
    Resolved,
    describe_choices,
    require_fields,
    require_not_too_long,
)

_SETS = {"n_layer": "encoder_layers", "d_model": "encoder_width", "dropout": "encoder_dropout"}
"""Fields of an encoder, and the fields of `EncoderShape` that set them."""


def resolve_pairs(cell: Cell, problem: PairProblem) -> Resolved:
    """Fill every field that the user left open.

    Raises:
        ConfigError: the cell does not have a field that is set, or a value is out of its range.

    >>> from seqgen.config import Budget
    >>> from seqgen.training.planning.problem import PairSizes
    >>> sizes = {"n_source_tokens": 60_000, "n_target_tokens": 50_000, "longest_source": 9, "longest_target": 8}
    >>> facts = PairSizes(
    ...     vocab_size=27, source_vocab_size=28, n_pairs=10_000, n_valid_pairs=1_000, has_labels=False, **sizes
    ... )
    >>> resolved = resolve_pairs("gru", PairProblem(settings={}, facts=facts, budget=Budget(epochs=5)))
    >>> resolved.model.d_model, resolved.encoder.d_model, resolved.encoder.direction
    (256, 256, 'bidirectional')
    """
    require_fields(problem.settings, cell, EncoderShape)
    facts, model_class = problem.facts, MODEL_CONFIGS[cell]
    choices = PairRules(cell, problem).choose()
    values: dict[str, Any] = {**choices, **problem.settings, "vocab_size": facts.vocab_size}
    if problem.direction is None:
        values["source_vocab_size"] = facts.source_vocab_size
    notes: tuple[str, ...] = ()
    if values["n_streams"] > facts.n_pairs:
        notes = (
            f"--streams {facts.n_pairs:,} instead of {values['n_streams']:,}: there are no more pairs to train on",
        )
        values["n_streams"] = facts.n_pairs
    if values["window"] < facts.longest_target:
        longest, window = facts.longest_target, values["window"]
        notes += (f"the longest target has {longest:,} tokens: targets are learned in windows of {window} tokens",)
    notes += tuple(note_parent(problem.parent_ratio, predicted="these targets"))
    _require_not_too_long(cell, problem, window=values["window"])
    model = model_class(**{name: values[name] for name in fields_of(model_class) if name in values})
    training = TrainingConfig(**{name: values[name] for name in fields_of(TrainingConfig) if name in values})
    encoder = None
    if problem.direction is not None:
        encoder = encoder_for(
            model,
            problem.settings,
            vocab_size=facts.source_vocab_size,
            direction=problem.direction,
            attention=problem.has_attention,
        )
    described = describe_choices({**choices, "ngram_order": None, "ngram_expert": None}, problem.settings)
    read_by = "no encoder: the decoder reads the sources too" if encoder is None else encoder.describe()
    return Resolved(model, training, notes, (*described, read_by), encoder)


def _require_not_too_long(cell: Cell, problem: PairProblem, *, window: int) -> None:
    """Check that a cell can read windows and sources at once; without an encoder, both together.

    Raises:
        ConfigError: it cannot.
    """
    asked, window = {"window": window}, min(window, problem.facts.longest_target)
    require_not_too_long(cell, {"window": window}, asked=asked)
    longest, most = problem.facts.longest_source, MODEL_CONFIGS[cell].most_at_once
    if most is not None and longest + (window if problem.direction is None else 0) > most:
        raise ConfigError(
            f"the longest source has {longest:,} tokens, and a {cell} reads {most:,} at once, because "
            f"{SLOW_ATTENTION}: shorten the sources, or take another --cell"
        )


def encoder_for(
    model: ModelConfig, settings: Settings, *, vocab_size: int, direction: Direction, attention: bool = True
) -> EncoderConfig:
    """The encoder that goes with a decoder: as many layers, as wide and with as much dropout, unless they are set.

    Raises:
        ConfigError: a value that is set is out of its range.

    >>> from seqgen.run import open_model
    >>> model = open_model("checkpoints/story").record.model
    >>> encoder_for(model, {"encoder_layers": 2}, vocab_size=30, direction="forward").describe()
    'forward encoder 2x16 with attention'
    """
    set_fields: dict[str, Any] = {name: settings[name] for name in fields_of(EncoderShape) if name in settings}
    shape = EncoderShape(**set_fields)
    width = model.d_model + model.d_model % 2 if shape.encoder_width is None else shape.encoder_width
    try:
        return EncoderConfig(
            vocab_size=vocab_size,
            n_layer=model.n_layer if shape.encoder_layers is None else shape.encoder_layers,
            d_model=width,
            dropout=model.dropout if shape.encoder_dropout is None else shape.encoder_dropout,
            direction=direction,
            attention=attention,
        )
    except ConfigError as error:
        raise ConfigError(error.problem, field=_SETS.get(error.field or "", error.field)) from None
