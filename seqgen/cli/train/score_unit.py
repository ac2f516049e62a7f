"""What a training run is scored in: bits per character of what is predicted, or bits per label."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from seqgen.training import Session


@final
@dataclass(frozen=True)
class ScoreUnit:
    """A unit in its short form and in words, and what a token counts in it.

    >>> round(ScoreUnit(characters_per_token=2.0).bits(1.0), 3)
    0.721
    """

    short: str = "bits/char"
    in_words: str = "bits per character"
    token: str = "token"
    characters_per_token: float = 1.0
    """A label counts as one."""

    @classmethod
    def of(cls, session: Session | None) -> ScoreUnit:
        """The unit of a session; that of texts before there is one."""
        if session is None:
            return cls()
        if session.characters_per_token is None:
            return cls("bits/label", "bits per label", "label")
        return cls(characters_per_token=session.characters_per_token)

    def bits(self, nats_per_token: float) -> float:
        """A loss in this unit."""
        return nats_per_token / self.characters_per_token / math.log(2)

    def validated_bits(self, nats_per_token: float, bits_per_character: float | None) -> float | None:
        """A validation in this unit. It has its own bits per character, or None if there are none."""
        return self.bits(nats_per_token) if self.token == "label" else bits_per_character
