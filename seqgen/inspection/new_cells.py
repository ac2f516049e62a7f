"""Cells with new weights, to be measured without a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, final, get_args

import torch

from seqgen.config import MODEL_CONFIGS, Cell, FieldValue, ModelConfig, fields_of
from seqgen.config.fields import require
from seqgen.errors import ConfigError
from seqgen.inspection.bounds import recurrent_matrices, set_recurrent_norm
from seqgen.inspection.named_cells import NamedCell
from seqgen.models import Decoder, build_model
from seqgen.training.planning.memory_needs import require_memory_for_weights

_SHAPE: dict[str, FieldValue] = {
    "n_layer": 1,
    "d_model": 64,
    "d_embedding": 32,
    "n_head": 2,
    "d_head": 32,
    "d_feedforward": 128,
    "memory": 512,
    "dropout": 0.0,
    "input_dropout": 0.0,
}
"""The fields that training would choose. Each cell gets those that it has."""
_GIVEN = ("vocab_size", "source_vocab_size")
"""Fields that the text decides."""


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """How a new cell begins, beyond what the fields of its model say.

    >>> Beginning(recurrent_norm=0.0)
    Traceback (most recent call last):
    seqgen.errors.ConfigError: recurrent_norm is 0: it must be above 0
    """

    recurrent_norm: float | None = None
    """The norm of the recurrent matrices; None: as training would begin."""

    def __post_init__(self) -> None:
        require(self, "recurrent_norm", self.recurrent_norm is None or self.recurrent_norm > 0, "above 0")


@final
@dataclass(frozen=True, kw_only=True)
class NewCell(NamedCell):
    """A cell with weights that have learned nothing.

    >>> cell = NewCell.parse("rnn,nonlinearity=relu,recurrent_norm=2")
    >>> cell.name, cell.build(vocab_size=9, seed=0).vocab_size
    ('rnn relu, recurrent_norm 2', 9)
    """

    cells: ClassVar[tuple[Cell, ...]] = get_args(Cell)
    beside: ClassVar[type[Any]] = Beginning

    def model(self, vocab_size: int) -> ModelConfig:
        """The configuration of the cell: small, unless its fields say otherwise."""
        config = MODEL_CONFIGS[self.cell]
        for field in _GIVEN:
            if field in self.settings:
                raise ConfigError("is decided by the text: leave it out", field=field)
        shape: dict[str, Any] = {name: value for name, value in _SHAPE.items() if name in fields_of(config)}
        return config(**{**shape, **self.settings_of(config), "vocab_size": vocab_size})

    def build(self, vocab_size: int, *, seed: int) -> Decoder:
        """A decoder with weights drawn from the seed, in evaluation mode.

        Raises:
            ConfigError: a field cannot have its value, or there is no recurrent matrix to scale.
        """
        norm = Beginning(**self.settings_of(Beginning)).recurrent_norm
        decoder = build_from_seed(self.model(vocab_size), seed)
        if norm is not None:
            if not recurrent_matrices(decoder):
                raise ConfigError(f"{self.cell} has no recurrent matrix: leave recurrent_norm out")
            set_recurrent_norm(decoder, norm)
        return decoder


def build_from_seed(config: ModelConfig, seed: int) -> Decoder:
    """A decoder with weights drawn from a seed, in evaluation mode. torch's global random state stays as it is.

    >>> from seqgen.run import open_model
    >>> config = open_model("checkpoints/story").record.model
    >>> first, second = (build_from_seed(config, seed=3).head.weight for _ in range(2))
    >>> torch.equal(first, second)
    True

    Raises:
        ConfigError: there is not enough memory for it.
    """
    require_memory_for_weights(config)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build_model(config).eval()
