"""What an encoder is made of: the part of a model of pairs that reads the source before the decoder writes the target.

Its cell, and every field of that cell which is not named here, are those of the decoder's configuration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seqgen.config.fields import require, require_choice, require_shares, require_sizes
from seqgen.config.models import MOST_LAYERS, MOST_WIDE
from seqgen.config.ngrams import MOST_IDS

Direction = Literal["forward", "bidirectional"]
"""forward: from the beginning of a source to its end. bidirectional: from both ends, side by side."""

EncoderChoice = Literal[Direction, "none"]
"""`none` has no encoder: the decoder itself reads the source, and then writes the target."""


@dataclass(frozen=True, kw_only=True)
class EncoderConfig:
    """An encoder, and how the decoder reads what it wrote.

    >>> from seqgen.config import EncoderConfig
    >>> EncoderConfig(vocab_size=30, n_layer=1, d_model=16, dropout=0.0).direction
    'bidirectional'
    >>> EncoderConfig(vocab_size=30, n_layer=1, d_model=15, dropout=0.0)
    Traceback (most recent call last):
        ...
    seqgen.errors.ConfigError: d_model is 15: it must be even if the encoder reads from both ends
    """

    vocab_size: int
    """Number of ids of sources. The last one stands for everything that the source vocabulary does not cover."""
    n_layer: int
    d_model: int
    """Width of what the encoder writes at every position. A recurrent encoder that reads from both ends has half of it
    for each direction."""
    dropout: float
    """Share of the units dropped after every layer, the same units at every position of a source."""
    direction: Direction = "bidirectional"
    attention: bool = True
    """Whether the decoder attends to every position of the source. Otherwise it gets one vector, the summary."""

    def __post_init__(self) -> None:
        require_sizes(self, "vocab_size", most=MOST_IDS)
        require_sizes(self, "n_layer", most=MOST_LAYERS)
        require_sizes(self, "d_model", most=MOST_WIDE)
        require_shares(self, "dropout")
        require_choice(self, "direction", Direction)
        is_divisible = self.direction == "forward" or self.d_model % 2 == 0
        require(self, "d_model", is_divisible, "even if the encoder reads from both ends")

    def describe(self) -> str:
        """The encoder in words.

        >>> EncoderConfig(vocab_size=30, n_layer=1, d_model=16, dropout=0.0).describe()
        'bidirectional encoder 1x16 with attention'
        """
        attention = "with" if self.attention else "without"
        return f"{self.direction} encoder {self.n_layer}x{self.d_model} {attention} attention"


@dataclass(frozen=True, kw_only=True)
class EncoderShape:
    """What can be set of an encoder besides its direction and its attention. None takes that of the decoder.

    >>> from seqgen.config import EncoderShape, parse_settings
    >>> parse_settings(["encoder_width=128"], [EncoderShape])
    {'encoder_width': 128}
    """

    encoder_layers: int | None = None
    """Number of layers of the encoder of pairs. None: as many as the decoder has."""
    encoder_width: int | None = None
    """Width of the encoder; a recurrent one has half of it for each direction. None: that of the decoder."""
    encoder_dropout: float | None = None
    """Share of the units dropped in the encoder. None: that of the decoder."""
