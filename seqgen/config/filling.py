"""How the gaps of a text are filled by a model that reads forward and one that reads backward."""

from __future__ import annotations

from dataclasses import dataclass

from seqgen.config.fields import require, require_at_most, require_sizes
from seqgen.config.sampling import SamplingConfig

DEFAULT_GAP = "__"
MOST_DRAWS = 10_000
_LONGEST_FILL = 100_000


@dataclass(frozen=True, kw_only=True)
class FillConfig:
    """How many fills are drawn and chosen, and how long they may be.

    >>> from seqgen.config import FillConfig
    >>> FillConfig(length=4).longest
    4
    >>> FillConfig(draws=0)
    Traceback (most recent call last):
    seqgen.errors.ConfigError: draws is 0: it must be from 1 to 10,000
    """

    max_length: int = 20
    """Characters of the longest fill."""
    length: int | None = None
    """Characters of every fill. None: any number up to `max_length`."""
    temperature: float = SamplingConfig.temperature
    """1 chooses fills as often as both models together expect them. Lower is safer, and 0 takes the likeliest found."""
    draws: int = 32
    """Texts that each model writes into the gap. Every beginning of each is a candidate."""
    count: int = 1
    """Texts that are returned."""
    seed: int = 0

    def __post_init__(self) -> None:
        require_sizes(self, "max_length", most=_LONGEST_FILL)
        require_sizes(self, "count")
        require(self, "length", self.length is None or self.length >= 1, "1 or more")
        require_at_most(self, "length", most=_LONGEST_FILL)
        require(self, "draws", 1 <= self.draws <= MOST_DRAWS, f"from 1 to {MOST_DRAWS:,}")
        require(self, "temperature", self.temperature >= 0, "0 or more")
        require(self, "seed", self.seed >= 0, "0 or more")

    @property
    def longest(self) -> int:
        """Characters of the longest fill."""
        return self.max_length if self.length is None else self.length
