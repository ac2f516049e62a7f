"""How a unit of a model is named: `LAYER:UNIT`, both counted from 0, and `LAYER:cUNIT` for the cell value of an LSTM.

The layers are counted as in the names of the weights. A unit of a recurrent layer is a number of its output h; a unit
of a Transformer is a number of the residual stream after a block.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from seqgen.config.fields import LARGEST
from seqgen.config.models import ModelConfig
from seqgen.errors import ConfigError

_NAME = re.compile(r"([0-9]{1,6}):(c?)([0-9]{1,9})")


@dataclass(frozen=True, order=True)
class UnitName:
    """One unit of a model.

    >>> UnitName.parse("1:c37")
    UnitName(layer=1, number=37, is_cell=True)
    >>> str(UnitName(0, 5))
    '0:5'
    """

    layer: int
    number: int
    is_cell: bool = False
    """Whether it is the value c that an LSTM carries beside its output, and not the output itself."""

    def __str__(self) -> str:
        return f"{self.layer}:{'c' if self.is_cell else ''}{self.number}"

    @classmethod
    def parse(cls, text: str) -> UnitName:
        """The unit that a text names.

        Raises:
            ConfigError: the text is no name of a unit.
        """
        found = _NAME.fullmatch(text)
        if found is None:
            raise ConfigError(f"{text!r} names no unit: write LAYER:UNIT, both counted from 0, such as 0:12")
        return cls(int(found[1]), int(found[3]), bool(found[2]))

    def require_in(self, model: ModelConfig) -> None:
        """Check that a model has the unit.

        Raises:
            ConfigError: it does not.

        >>> from seqgen.config import GruConfig
        >>> shape = {"n_layer": 1, "d_model": 8, "d_embedding": 4, "dropout": 0.0, "input_dropout": 0.0}
        >>> UnitName(1, 5).require_in(GruConfig(vocab_size=9, **shape))
        Traceback (most recent call last):
        seqgen.errors.ConfigError: there is no unit 1:5: the model has the layers 0 to 0, of the units 0 to 7 each
        """
        if self.is_cell and not model.has_cell_values:
            raise ConfigError(f"there is no unit {self}: only an LSTM has cell values, and this is a {model.cell}")
        if self.layer >= model.n_layer or self.number >= model.d_model:
            raise ConfigError(
                f"there is no unit {self}: the model has the layers 0 to {model.n_layer - 1}, of the units 0 to "
                f"{model.d_model - 1} each"
            )


def parse_held(texts: Iterable[str]) -> dict[str, float]:
    """Parse texts such as `1:c37=2` into units and the values at which they are held.

    >>> parse_held(["1:c37=2", "0:5=-0.5"])
    {'1:c37': 2.0, '0:5': -0.5}

    Raises:
        ConfigError: a text is not LAYER:UNIT=NUMBER.
    """
    values: dict[str, float] = {}
    for text in texts:
        name, _, number = text.partition("=")
        try:
            value = float(number)
        except ValueError:
            raise ConfigError(f"{text!r} holds no unit: write LAYER:UNIT=NUMBER, such as 0:12=1.5") from None
        values[str(UnitName.parse(name))] = value
    return values


def held_units(values: Mapping[str, float]) -> dict[UnitName, float]:
    """The units that are held, from their names.

    >>> held_units({"0:5": 1.0})
    {UnitName(layer=0, number=5, is_cell=False): 1.0}

    Raises:
        ConfigError: a name is none, or a value is not finite or too large.
    """
    for name, value in values.items():
        if not math.isfinite(value):
            raise ConfigError(f"the unit {name} is held at {value}: it must be a finite number")
        if abs(value) > LARGEST:
            raise ConfigError(f"the unit {name} is held at {value}: it must be from {-LARGEST:g} to {LARGEST:g}")
    return {UnitName.parse(name): value for name, value in values.items()}
