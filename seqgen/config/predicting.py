"""How the targets of sources are searched for. Labels need no search."""

from __future__ import annotations

from dataclasses import dataclass

from seqgen.config.fields import require, require_finite

WIDEST_TARGET_BEAM = 1000


@dataclass(frozen=True, kw_only=True)
class PredictionConfig:
    """How many targets are found for each source, and how widely the search looks.

    >>> from seqgen.config import PredictionConfig
    >>> PredictionConfig(beam=4, top=10).width
    10
    >>> PredictionConfig(beam=0)
    Traceback (most recent call last):
    seqgen.errors.ConfigError: beam is 0: it must be from 1 to 1,000
    """

    beam: int = 5
    """How many begun targets of each source are kept at each step. 1 always takes the likeliest token."""
    top: int = 1
    """How many targets are returned for each source, the best first."""
    length_power: float = 0.6
    """Targets are ranked by their log-probability divided by this power of their number of tokens, with the end-of-text
    token. 0 ranks by the log-probability itself, which favours short targets; 1 by its mean over the tokens."""

    def __post_init__(self) -> None:
        for field in ("beam", "top"):
            require(self, field, 1 <= getattr(self, field) <= WIDEST_TARGET_BEAM, f"from 1 to {WIDEST_TARGET_BEAM:,}")
        require_finite(self, "length_power")
        require(self, "length_power", self.length_power >= 0, "0 or more")

    @property
    def width(self) -> int:
        """The width of the beam: at least as many as are returned."""
        return max(self.beam, self.top)
