"""Cells with new weights, to be measured without a run: named as `rnn,nonlinearity=relu,recurrent_init=identity`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import cast, get_args

import torch

from seqgen.config import MODEL_CONFIGS, Cell, FieldValue, ModelConfig, fields_of, parse_settings
from seqgen.errors import ConfigError, did_you_mean
from seqgen.inspection.bounds import recurrent_matrices, set_recurrent_norm
from seqgen.models import Decoder, build_model

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
_NORM = "recurrent_norm"
"""What is set like a field although it is none: the norm of the recurrent matrices at the start."""


@dataclass(frozen=True, kw_only=True)
class NewCell:
    """A cell, the fields that differ from the usual, and how large its recurrent matrices are at the start.

    >>> spec = NewCell.parse("rnn,nonlinearity=relu,recurrent_norm=2")
    >>> spec.cell, dict(spec.settings), spec.recurrent_norm
    ('rnn', {'nonlinearity': 'relu'}, 2.0)
    >>> spec.build(vocab_size=9, seed=0).vocab_size
    9
    """

    cell: Cell
    settings: Mapping[str, FieldValue]
    recurrent_norm: float | None = None
    """None: as training would start."""

    @classmethod
    def parse(cls, text: str) -> NewCell:
        """The cell that a text such as `lstm,forget_bias=5` names.

        Raises:
            ConfigError: there is no such cell, or it has no such field.
        """
        name, *parts = text.split(",")
        if name not in get_args(Cell):
            advice = did_you_mean(name, get_args(Cell))
            raise ConfigError(f"is {name!r}: it must be one of {', '.join(get_args(Cell))}{advice}", field="cell")
        norms = [part.partition("=")[2] for part in parts if part.partition("=")[0] == _NORM]
        others = [part for part in parts if part.partition("=")[0] != _NORM]
        settings = parse_settings(others, [MODEL_CONFIGS[cast(Cell, name)]])
        norm = _parse_norm(norms[-1]) if norms else None
        return cls(cell=cast(Cell, name), settings=settings, recurrent_norm=norm)

    @property
    def name(self) -> str:
        """The cell and what is unusual about it.

        >>> NewCell.parse("rnn,nonlinearity=relu,recurrent_norm=2").name
        'rnn relu, recurrent_norm 2'
        """
        words = [str(value) for value in self.settings.values() if isinstance(value, str)]
        numbers = [f"{name} {_short(value)}" for name, value in self.settings.items() if not isinstance(value, str)]
        norm = [] if self.recurrent_norm is None else [f"{_NORM} {self.recurrent_norm:g}"]
        return ", ".join([" ".join([self.cell, *words]), *numbers, *norm])

    def config(self, vocab_size: int) -> ModelConfig:
        """The configuration of the cell.

        Raises:
            ConfigError: a field cannot have its value.
        """
        config = MODEL_CONFIGS[self.cell]
        for field in _GIVEN:
            if field in self.settings:
                raise ConfigError("is decided by the text: leave it out", field=field)
        values = {**_SHAPE, **self.settings, "vocab_size": vocab_size}
        return config(**{name: value for name, value in values.items() if name in fields_of(config)})  # type: ignore[arg-type]

    def build(self, vocab_size: int, *, seed: int) -> Decoder:
        """A decoder with weights drawn from the seed, in evaluation mode.

        Raises:
            ConfigError: a field cannot have its value, or there is no recurrent matrix to scale.
        """
        decoder = build_from_seed(self.config(vocab_size), seed)
        if self.recurrent_norm is not None:
            if not recurrent_matrices(decoder):
                raise ConfigError(f"{self.cell} has no recurrent matrix: leave {_NORM} out")
            set_recurrent_norm(decoder, self.recurrent_norm)
        return decoder


def parse_new_cells(texts: Iterable[str], shared: Iterable[str] = ()) -> list[NewCell]:
    """Cells, and settings for each of them that has such a field.

    >>> specs = parse_new_cells(["rnn", "lstm,d_model=8"], ["nonlinearity=relu", "d_model=16"])
    >>> [dict(spec.settings) for spec in specs]
    [{'nonlinearity': 'relu', 'd_model': 16}, {'d_model': 8}]

    Raises:
        ConfigError: there is no such cell, or none of the cells has such a field.
    """
    cells = [NewCell.parse(text) for text in texts]
    settings = parse_settings(shared, [MODEL_CONFIGS[cell.cell] for cell in cells])
    return [_with_settings(cell, settings) for cell in cells]


def build_from_seed(config: ModelConfig, seed: int) -> Decoder:
    """A decoder with weights drawn from a seed, in evaluation mode. torch's global random state stays as it is.

    >>> from seqgen.run import open_model
    >>> config = open_model("checkpoints/story").record.model
    >>> first, second = (build_from_seed(config, seed=3).head.weight for _ in range(2))
    >>> torch.equal(first, second)
    True
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build_model(config).eval()


def _with_settings(cell: NewCell, shared: Mapping[str, FieldValue]) -> NewCell:
    """The cell with the shared settings that it has a field for and does not set itself."""
    own = fields_of(MODEL_CONFIGS[cell.cell])
    fitting = {name: value for name, value in shared.items() if name in own}
    return replace(cell, settings={**fitting, **cell.settings})


def _short(value: FieldValue) -> str:
    """5.0 -> '5', True -> 'true'."""
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def _parse_norm(text: str) -> float:
    try:
        norm = float(text)
    except ValueError:
        norm = 0.0
    if not 0 < norm < float("inf"):
        raise ConfigError(f"is {text!r}: it must be a number above 0", field=_NORM)
    return norm
