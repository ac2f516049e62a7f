"""Cells that a command line names, with fields of their own: `rnn,nonlinearity=relu,recurrent_init=identity`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, TypeVar

from seqgen.config import MODEL_CONFIGS, Cell, FieldValue, ModelConfig, fields_of, parse_settings
from seqgen.errors import ConfigError, did_you_mean

Named = TypeVar("Named", bound="NamedCell")


@dataclass(frozen=True, kw_only=True)
class NamedCell(ABC):
    """A cell, and the fields that are set.

    >>> from seqgen.inspection.new_cells import NewCell
    >>> cell = NewCell.parse("rnn,nonlinearity=relu,d_model=8")
    >>> cell.name, cell.settings_of(MODEL_CONFIGS["gru"])
    ('rnn relu, d_model 8', {'d_model': 8})
    """

    cells: ClassVar[tuple[Cell, ...]]
    """Those that can be named."""
    beside: ClassVar[type[Any]]
    """A class whose fields can be set too, beside those of the model."""

    cell: Cell
    settings: Mapping[str, FieldValue] = field(default_factory=dict)

    @abstractmethod
    def model(self, vocab_size: int) -> ModelConfig:
        """The configuration of a model of this cell.

        Raises:
            ConfigError: a field cannot have its value.
        """

    @classmethod
    def parse(cls: type[Named], text: str) -> Named:
        """The cell that a text such as `lstm,forget_bias=5` names.

        Raises:
            ConfigError: there is no such cell, or it has no such field.
        """
        name, *own = text.split(",")
        if name not in cls.cells:
            advice = did_you_mean(name, cls.cells)
            raise ConfigError(f"is {name!r}: it must be one of {', '.join(cls.cells)}{advice}", field="cell")
        return cls(cell=name, settings=parse_settings(own, [MODEL_CONFIGS[name], cls.beside]))

    @classmethod
    def parse_all(cls: type[Named], texts: Iterable[str], shared: Iterable[str] = ()) -> list[Named]:
        """Different cells, and settings for each of them that has such a field and does not set it itself.

        >>> from seqgen.inspection.new_cells import NewCell
        >>> cells = NewCell.parse_all(["rnn", "lstm,d_model=8"], ["nonlinearity=relu", "d_model=16"])
        >>> [dict(cell.settings) for cell in cells]
        [{'nonlinearity': 'relu', 'd_model': 16}, {'d_model': 8}]

        Raises:
            ConfigError: there is no such cell, or none of the cells has such a field.
        """
        cells = [cls.parse(text) for text in dict.fromkeys(texts)]
        settings = parse_settings(shared, [*(MODEL_CONFIGS[cell.cell] for cell in cells), cls.beside])
        return [cell.with_fitting(settings) for cell in cells]

    @property
    def name(self) -> str:
        """The cell and what is unusual about it."""
        words = [value for value in self.settings.values() if isinstance(value, str)]
        others = [f"{name} {_short(value)}" for name, value in self.settings.items() if not isinstance(value, str)]
        return ", ".join([" ".join([self.cell, *words]), *others])

    def settings_of(self, config: type[Any]) -> dict[str, Any]:
        """Those of the settings that are fields of a class."""
        return {name: value for name, value in self.settings.items() if name in fields_of(config)}

    def with_fitting(self: Named, shared: Mapping[str, FieldValue]) -> Named:
        """The same cell with those of the settings that it has a field for and does not set itself."""
        known = {*fields_of(MODEL_CONFIGS[self.cell]), *fields_of(self.beside)}
        fitting = {name: value for name, value in shared.items() if name in known}
        return replace(self, settings={**fitting, **self.settings})


def _short(value: FieldValue) -> str:
    """5.0 -> '5', True -> 'true'."""
    return f"{value:g}" if isinstance(value, float) else str(value).lower()
