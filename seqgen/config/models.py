"""What a decoder is made of: a class for each cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from seqgen.config.fields import require, require_choice, require_finite, require_sizes

Cell = Literal["rnn", "lstm", "gru", "transformer"]

DEFAULT_CELL: Cell = "lstm"


@dataclass(frozen=True, kw_only=True)
class RecurrentConfig:
    """What the three recurrent decoders share; `vocab_size` comes from the tokenizer."""

    cell: ClassVar[Cell]
    vocab_size: int
    n_layer: int
    d_model: int
    d_embedding: int | None
    """Width of the learned input embedding; None feeds one-hot vectors."""
    dropout: float
    """Share of units dropped after every layer, the same at every time step of a window."""
    input_dropout: float
    """The same after the embedding: for wide embeddings of many words (Merity, Keskar & Socher 2017)."""
    embedding_dropout: float = 0.0
    """Share of the vocabulary whose embedding is zero in a window (Gal & Ghahramani 2016)."""
    weight_drop: float = 0.0
    """Share of recurrent weights that are zero in a window (Wan et al. 2013; Merity, Keskar & Socher 2017)."""
    tie_weights: bool = False
    """Output matrix = embedding matrix; needs d_embedding = d_model."""

    def __post_init__(self) -> None:
        require_sizes(self, "vocab_size", "n_layer", "d_model")
        require(self, "d_embedding", self.d_embedding is None or self.d_embedding >= 1, "1 or more, or none")
        for name in ("dropout", "input_dropout", "embedding_dropout", "weight_drop"):
            require(self, name, 0 <= getattr(self, name) < 1, "from 0 to below 1")
        tied = not self.tie_weights or self.d_embedding == self.d_model
        require(self, "tie_weights", tied, f"false unless d_embedding equals d_model ({self.d_model})")


@dataclass(frozen=True, kw_only=True)
class RnnConfig(RecurrentConfig):
    """Elman's network (1990)."""

    cell = "rnn"
    nonlinearity: Literal["tanh", "relu"] = "tanh"
    recurrent_init: Literal["orthogonal", "identity"] = "orthogonal"
    """`identity` with `relu` is the IRNN of Le, Jaitly & Hinton (2015)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_choice(self, "nonlinearity", Literal["tanh", "relu"])
        require_choice(self, "recurrent_init", Literal["orthogonal", "identity"])


@dataclass(frozen=True, kw_only=True)
class LstmConfig(RecurrentConfig):
    """Long short-term memory (Hochreiter & Schmidhuber 1997; forget gate of Gers et al. 2000)."""

    cell = "lstm"
    forget_bias: float = 1.0
    """Initial bias of the forget gate (Jozefowicz, Zaremba & Sutskever 2015)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_finite(self, "forget_bias")


@dataclass(frozen=True, kw_only=True)
class GruConfig(RecurrentConfig):
    """Gated recurrent unit (Cho et al. 2014), the reset gate applied after the product."""

    cell = "gru"


@dataclass(frozen=True, kw_only=True)
class TransformerConfig:
    """The block known as Qwen3 with a sliding window over carried keys and values."""

    cell: ClassVar[Cell] = "transformer"
    vocab_size: int
    n_layer: int
    d_model: int
    n_head: int
    d_head: int
    d_feedforward: int
    memory: int
    """Positions that each position attends to: itself and the `memory - 1` before it."""
    dropout: float
    tie_weights: bool = False
    rope_base: float = 10_000.0
    norm_epsilon: float = 1e-6

    def __post_init__(self) -> None:
        require_sizes(self, "vocab_size", "n_layer", "d_model", "n_head", "d_feedforward", "memory")
        require(self, "d_head", self.d_head >= 2 and self.d_head % 2 == 0, "an even number, 2 or more")
        require(self, "dropout", 0 <= self.dropout < 1, "from 0 to below 1")
        require(self, "rope_base", self.rope_base > 1, "above 1")
        require(self, "norm_epsilon", self.norm_epsilon > 0, "above 0")


ModelConfig = RnnConfig | LstmConfig | GruConfig | TransformerConfig

MODEL_CONFIGS: dict[Cell, type[ModelConfig]] = {
    "rnn": RnnConfig,
    "lstm": LstmConfig,
    "gru": GruConfig,
    "transformer": TransformerConfig,
}
