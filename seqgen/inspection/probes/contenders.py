"""The models that learn a probe: small ones, with about as many parameters each, trained in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, final

import torch

from seqgen.config import MODEL_CONFIGS, Cell, FieldValue, ModelConfig, TrainingConfig
from seqgen.inspection.named_cells import NamedCell
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


@final
@dataclass(frozen=True, kw_only=True)
class Contender(NamedCell):
    """A cell that learns a probe, and the fields of it and of its training that are set.

    >>> contender = Contender.parse("rnn,recurrent_init=identity,nonlinearity=relu")
    >>> contender.name, contender.model(10).nonlinearity
    ('rnn identity relu', 'relu')
    """

    cells: ClassVar[tuple[Cell, ...]] = tuple(PROBE_RECIPES)
    beside: ClassVar[type[Any]] = TrainingConfig

    def model(self, vocab_size: int, n_parameters: int = N_PARAMETERS) -> ModelConfig:
        """A model with about so many parameters, unless its width is set."""
        config, recipe = MODEL_CONFIGS[self.cell], PROBE_RECIPES[self.cell]

        def model_of(width: int) -> ModelConfig:
            values: dict[str, Any] = {**recipe.shape(width), **self.settings_of(config), "vocab_size": vocab_size}
            return config(**values)

        return model_of(width_for(partial(_count, model_of), wanted=n_parameters, step=_WIDTH_STEP))

    def training(self, seed: int) -> TrainingConfig:
        """How it is trained.

        Raises:
            ConfigError: a field cannot have its value.
        """
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
        return TrainingConfig(**{**usual, **self.settings_of(TrainingConfig)})


def parse_contenders(texts: Iterable[str], shared: Iterable[str] = ()) -> list[Contender]:
    """Contenders, with settings that they share; all cells if none is named.

    >>> [contender.name for contender in parse_contenders(["rnn", "lstm"], ["forget_bias=2"])]
    ['rnn', 'lstm, forget_bias 2']

    Raises:
        ConfigError: there is no such cell, or none of the cells has such a field.
    """
    return Contender.parse_all(list(texts) or PROBE_RECIPES, shared)


def _count(model_of: Callable[[int], ModelConfig], width: int) -> int:
    with torch.device("meta"):  # shapes without memory
        return count_parameters(build_model(model_of(width)))
