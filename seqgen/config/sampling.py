"""How new text is drawn from a model."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

from seqgen.config.fields import require, require_finite, require_sizes


@dataclass(frozen=True, kw_only=True)
class SamplingConfig:
    """How the next token is drawn, in the order of the fields, and where a text ends."""

    ban: tuple[str, ...] = ()
    """Phrases that never occur."""
    bias: Mapping[str, float] = dataclasses.field(default_factory=dict)
    """What is added to the logit of a token that would complete a phrase."""
    match: str | None = None
    """A regular expression that the text as a whole must match."""
    no_copy: int | None = None
    """No run of so many characters or more that stands in the training text."""
    repetition_penalty: float = 1.0
    """Divides the logits of tokens that have occurred (Keskar et al. 2019); 1 is none."""
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    penalty_window: int = 64
    """Tokens back that the three penalties look, prompt included."""
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    typical: float | None = None
    temperature: float = 0.8
    """Divides the logits; 0 takes the likeliest token."""
    seed: int = 0
    stop: tuple[str, ...] = ()
    """A text ends before the first of these."""
    until_end_of_text: bool = False
    """A text ends where the model ends its document."""

    def __post_init__(self) -> None:
        require(self, "temperature", self.temperature >= 0, "0 or more")
        require(self, "top_k", self.top_k is None or self.top_k >= 1, "1 or more")
        for share in ("top_p", "min_p", "typical"):
            value = getattr(self, share)
            require(self, share, value is None or 0 < value <= 1, "above 0 and at most 1")
        require(self, "no_copy", self.no_copy is None or self.no_copy >= 8, "8 or more")
        require(self, "repetition_penalty", self.repetition_penalty > 0, "above 0")
        require_finite(self, "presence_penalty", "frequency_penalty")
        require_sizes(self, "penalty_window")
        require(self, "seed", self.seed >= 0, "0 or more")
        for phrases in ("stop", "ban", "bias"):
            require(self, phrases, all(getattr(self, phrases)), "of one character or more each")
        require(self, "bias", all(map(math.isfinite, self.bias.values())), "of finite numbers")

    @property
    def has_penalty(self) -> bool:
        return (self.repetition_penalty, self.presence_penalty, self.frequency_penalty) != (1.0, 0.0, 0.0)
