"""The models that learn a probe: small ones, with about as many parameters each, trained in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import torch

from seqgen.config import MODEL_CONFIGS, Cell, FieldValue, ModelConfig, TrainingConfig, fields_of, parse_settings
from seqgen.errors import ConfigError, did_you_mean
from seqgen.models import build_model, count_parameters
from seqgen.training.planning.race_requests import width_for

N_PARAMETERS = 20_000
_WIDTH_STEP = 2
_LONG = 1 << 20


@dataclass(frozen=True, kw_only=True)
class ProbeRecipe:
    """How one cell is shaped and trained for a probe."""

    shape: Callable[[int], dict[str, FieldValue]]
    """The fields of a model of some width, beside the size of its vocabulary."""
    muon_rate: float
    """The rate at which the cell learns the probes best."""


def _recurrent(width: int) -> dict[str, FieldValue]:
    return {"n_layer": 1, "d_model": width, "d_embedding": None, "dropout": 0.0, "input_dropout": 0.0}


def _transformer(width: int) -> dict[str, FieldValue]:
    """Two layers, which is what copying takes (Olsson et al. 2022), and a memory that holds every sequence."""
    heads = {"n_head": 2, "d_head": 16}
    return {"n_layer": 2, "d_model": width, **heads, "d_feedforward": 2 * width, "memory": _LONG, "dropout": 0.0}


PROBE_RECIPES: dict[Cell, ProbeRecipe] = {
    "rnn": ProbeRecipe(shape=_recurrent, muon_rate=0.005),
    "lstm": ProbeRecipe(shape=_recurrent, muon_rate=0.02),
    "gru": ProbeRecipe(shape=_recurrent, muon_rate=0.02),
    "transformer": ProbeRecipe(shape=_transformer, muon_rate=0.02),
}
"""The cells that learn probes."""


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A cell, and the fields of it and of its training that are set.

    >>> contender = Contender.parse("rnn,recurrent_init=identity,nonlinearity=relu")
    >>> contender.name, contender.model(10).nonlinearity
    ('rnn identity relu', 'relu')
    """

    cell: Cell
    settings: Mapping[str, FieldValue] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Contender:
        """The contender that a text such as `lstm,forget_bias=5` names.

        Raises:
            ConfigError: there is no such cell, or it has no such field.
        """
        name, *own = text.split(",")
        if name not in PROBE_RECIPES:
            advice = did_you_mean(name, PROBE_RECIPES)
            raise ConfigError(f"is {name!r}: it must be one of {', '.join(PROBE_RECIPES)}{advice}", field="cell")
        return cls(cell=name, settings=parse_settings(own, [MODEL_CONFIGS[name], TrainingConfig]))

    @property
    def name(self) -> str:
        """The cell and what is unusual about it."""
        words = [value if isinstance(value, str) else f"{key} {value}" for key, value in self.settings.items()]
        return " ".join([self.cell, *words])

    def model(self, n_symbols: int) -> ModelConfig:
        """A model with about 20,000 parameters, unless its width is set.

        Raises:
            ConfigError: a field cannot have its value.
        """
        config, recipe = MODEL_CONFIGS[self.cell], PROBE_RECIPES[self.cell]
        own = {name: value for name, value in self.settings.items() if name in fields_of(config)}

        def model_of(width: int) -> ModelConfig:
            values: dict[str, Any] = {**recipe.shape(width), **own, "vocab_size": n_symbols}
            return config(**values)

        return model_of(width_for(partial(_count, model_of), wanted=N_PARAMETERS, step=_WIDTH_STEP))

    def training(self, seed: int) -> TrainingConfig:
        """How it is trained.

        Raises:
            ConfigError: a field cannot have its value.
        """
        own = {name: value for name, value in self.settings.items() if name in fields_of(TrainingConfig)}
        usual: dict[str, Any] = {
            "n_streams": 32,
            "window": 1,  # the sequences of a probe are never cut
            "learning_rate": 0.01,
            "muon_rate": PROBE_RECIPES[self.cell].muon_rate,
            "evaluate_every": _LONG,
            "clip_norm": 1.0,
            "weight_decay": 0.0,
            "average": None,
            "precision": "float32",
            "seed": seed,
        }
        return TrainingConfig(**{**usual, **own})


def parse_contenders(texts: Iterable[str], shared: Iterable[str] = ()) -> list[Contender]:
    """Contenders, and settings for each of them that has such a field; all cells if none is named.

    >>> [contender.name for contender in parse_contenders(["rnn", "lstm"], ["forget_bias=2"])]
    ['rnn', 'lstm forget_bias 2.0']

    Raises:
        ConfigError: there is no such cell, or none of the cells has such a field.
    """
    contenders = [Contender.parse(text) for text in dict.fromkeys(texts)]
    contenders = contenders or [Contender(cell=cell) for cell in PROBE_RECIPES]
    classes = [MODEL_CONFIGS[contender.cell] for contender in contenders]
    settings = parse_settings(shared, [*classes, TrainingConfig])
    return [_with_settings(contender, settings) for contender in contenders]


def _with_settings(contender: Contender, shared: Mapping[str, FieldValue]) -> Contender:
    """The contender with the shared settings that it has a field for and does not set itself."""
    known = {*fields_of(MODEL_CONFIGS[contender.cell]), *fields_of(TrainingConfig)}
    fitting = {name: value for name, value in shared.items() if name in known}
    return replace(contender, settings={**fitting, **contender.settings})


def _count(model_of: Callable[[int], ModelConfig], width: int) -> int:
    with torch.device("meta"):  # shapes without memory
        return count_parameters(build_model(model_of(width)))
