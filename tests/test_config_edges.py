"""Every field of every configuration at its edges: it is refused by a `ConfigError`, or it makes a configuration."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import types
import typing
from typing import Any, Literal, get_args, get_origin

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqgen.config import (
    MODEL_CONFIGS,
    Budget,
    CorpusConfig,
    EncoderConfig,
    FillConfig,
    ModelConfig,
    PredictionConfig,
    SamplingConfig,
    SamplingRequest,
    SentencePieceConfig,
    ServingConfig,
    TrainingConfig,
    WhitespaceConfig,
    WordConfig,
)
from seqgen.errors import ConfigError
from seqgen.training.planning.memory_needs import memory_needs, require_memory
from tests import tiny

TRAINING = TrainingConfig(
    n_streams=2, window=8, learning_rate=0.01, muon_rate=0.02, evaluate_every=5, clip_norm=1.0, weight_decay=0.0
)
MODELS: list[ModelConfig] = [tiny.MODEL_CONFIGS[cell] for cell in MODEL_CONFIGS]
CONFIGS: list[Any] = [
    *MODELS,
    TRAINING,
    Budget(),
    EncoderConfig(vocab_size=9, n_layer=1, d_model=8, dropout=0.0),
    WordConfig(),
    WhitespaceConfig(),
    SentencePieceConfig(),
    CorpusConfig(paths=("a.txt",)),
    SamplingConfig(),
    SamplingRequest(),
    PredictionConfig(),
    FillConfig(),
    ServingConfig(),
]
POWERS = [2**power + extra for power in (7, 8, 15, 16, 28, 31, 32, 53, 62, 63, 64, 128) for extra in (-1, 0, 1)]
WHOLE = st.sampled_from([*range(-2, 3), *POWERS, 10**20, 10**400, -(10**20)]) | st.integers()
NUMBERS = st.sampled_from([0.0, 1.0, 1e-320, 1e30, 1e38, 1e39, 1e308, 10**400]) | st.floats()


def strategy_of(hint: Any) -> st.SearchStrategy[Any] | None:
    """Values for a field of this type at their edges; None if it has none."""
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if get_origin(hint) in (typing.Union, types.UnionType):
        choices = [strategy for choice in get_args(hint) if (strategy := strategy_of(choice)) is not None]
        return st.one_of(choices) if choices else None
    return {int: WHOLE, float: NUMBERS, bool: st.booleans(), types.NoneType: st.none()}.get(hint)


def changes_to(config: Any) -> st.SearchStrategy[dict[str, Any]]:
    """A few fields of a configuration, and other values for them."""
    hints = typing.get_type_hints(type(config))
    names = [field.name for field in dataclasses.fields(config)]
    strategies = {name: strategy for name in names if (strategy := strategy_of(hints[name])) is not None}
    some = st.lists(st.sampled_from(sorted(strategies)), min_size=1, max_size=3, unique=True)
    return some.flatmap(lambda chosen: st.fixed_dictionaries({name: strategies[name] for name in chosen}))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: type(config).__name__)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_values_at_the_edges_are_refused_or_make_a_configuration(config: Any, data: st.DataObject) -> None:
    with contextlib.suppress(ConfigError):
        changed = dataclasses.replace(config, **data.draw(changes_to(config)))
        values = [value for value in vars(changed).values() if isinstance(value, float)]
        assert all(map(math.isfinite, values))


@pytest.mark.parametrize("config", MODELS, ids=lambda config: str(config.cell))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_models_at_the_edges_fit_into_memory_or_are_refused(config: ModelConfig, data: st.DataObject) -> None:
    with contextlib.suppress(ConfigError):
        changed = dataclasses.replace(config, **data.draw(changes_to(config)))
        training = dataclasses.replace(TRAINING, **data.draw(changes_to(TRAINING)))
        require_memory(changed, training, device=torch.device("cpu"))
        assert memory_needs(changed, training).total > 0


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: type(config).__name__)
def test_a_number_of_twenty_digits_is_refused_by_its_name(config: Any) -> None:
    hints = typing.get_type_hints(type(config))
    for name in (field.name for field in dataclasses.fields(config)):
        if int in (hints[name], *get_args(hints[name])) and name != "seed":
            with pytest.raises(ConfigError, match=rf"^{name} is 1000000.*: it must be "):
                dataclasses.replace(config, **{name: 10**20})
