"""What a decoder is made of: one config class for each cell.

A field without a default is chosen from the corpus and the budget unless the user sets it; `vocab_size` comes from the
tokenizer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

from seqgen.config.fields import (
    require,
    require_at_most,
    require_choice,
    require_finite,
    require_shares,
    require_sizes,
)
from seqgen.config.ngrams import MOST_IDS, NgramConfig

Cell = Literal["rnn", "lstm", "gru", "mingru", "transformer"]
"""The name of an architecture. It is called cell because most of them are cells of a recurrent network."""

DEFAULT_CELL: Cell = "lstm"

MOST_LAYERS = 1 << 14
MOST_WIDE = 1 << 28
"""The width of the widest vector. No size of a weight leaves int64 up to here."""
_MOST_OF_HEADS = 1 << 16
_MOST_MEMORY = 1 << 20
"""Positions that are kept for every stream. The time of training grows with their square."""


@dataclass(frozen=True, kw_only=True)
class RecurrentConfig(NgramConfig, ABC):
    """The fields that all recurrent decoders have.

    >>> from seqgen.config import MODEL_CONFIGS, RecurrentConfig
    >>> [cell for cell, config in MODEL_CONFIGS.items() if not issubclass(config, RecurrentConfig)]
    ['transformer']
    """

    cell: ClassVar[Cell]
    most_at_once: ClassVar[int | None] = None
    """The most tokens that this cell reads at once: of a source, or of a window in training. None: no limit."""
    has_cell_values: ClassVar[bool] = False
    """Whether each unit carries a value c beside its output."""
    vocab_size: int
    n_layer: int
    d_model: int
    d_embedding: int | None
    """Width of the learned input embedding. None feeds one-hot vectors instead."""
    dropout: float
    """Share of the units dropped after every layer, the same units at every time step of a window."""
    input_dropout: float
    """The same after the embedding, for the wide embeddings of word models (Merity, Keskar & Socher 2017)."""
    embedding_dropout: float = 0.0
    """Share of the vocabulary whose embedding is zero in a window (Gal & Ghahramani 2016)."""
    tie_weights: bool = False
    """Whether the output matrix is the embedding matrix. Needs d_embedding = d_model."""
    source_vocab_size: int = 0
    """Ids from `vocab_size` on that the decoder reads and never predicts: those of sources, if there is no encoder."""

    @abstractmethod
    def __post_init__(self) -> None:
        """Check the values: `check_shared`, and the fields of the cell.

        Raises:
            ConfigError: naming the field, its value and what is allowed.
        """

    @property
    def n_carried(self) -> int:
        """How many numbers a stream carries from token to token."""
        return self.n_layer * self.d_model * (2 if self.has_cell_values else 1)

    def check_shared(self) -> None:
        """Check the fields that all recurrent decoders have."""
        require_sizes(self, "vocab_size", most=MOST_IDS)
        require_sizes(self, "n_layer", most=MOST_LAYERS)
        require_sizes(self, "d_model", most=MOST_WIDE)
        require_at_most(self, "d_embedding", most=MOST_WIDE)
        require_at_most(self, "source_vocab_size", most=MOST_IDS - self.vocab_size)
        require(self, "d_embedding", self.d_embedding is None or self.d_embedding >= 1, "1 or more, or none")
        require_shares(self, "dropout", "input_dropout", "embedding_dropout")
        can_tie = not self.tie_weights or self.d_embedding == self.d_model
        require(self, "tie_weights", can_tie, f"false unless d_embedding equals d_model ({self.d_model})")
        require(self, "source_vocab_size", self.source_vocab_size >= 0, "0 or more")
        require(self, "tie_weights", not (self.tie_weights and self.source_vocab_size), "false if sources are read too")
        self.check_ngrams()
        has_embedding = self.ngram_order is None or self.d_embedding is not None
        require(self, "ngram_order", has_embedding, "none if d_embedding is none")


@dataclass(frozen=True, kw_only=True)
class WeightDropConfig:
    """The field of cells with a recurrent matrix.

    >>> from seqgen.config import GruConfig, TransformerConfig, WeightDropConfig
    >>> issubclass(GruConfig, WeightDropConfig), issubclass(TransformerConfig, WeightDropConfig)
    (True, False)
    """

    weight_drop: float = 0.0
    """Share of recurrent weights that are zero in a window (Wan et al. 2013; Merity, Keskar & Socher 2017)."""


@dataclass(frozen=True, kw_only=True)
class RnnConfig(WeightDropConfig, RecurrentConfig):
    """Elman's network (1990).

    >>> from seqgen.config import RnnConfig
    >>> RnnConfig(vocab_size=9, n_layer=1, d_model=8, d_embedding=4, dropout=0.0, input_dropout=0.0).nonlinearity
    'tanh'
    """

    cell: ClassVar[Cell] = "rnn"
    nonlinearity: Literal["tanh", "relu"] = "tanh"
    recurrent_init: Literal["orthogonal", "identity"] = "orthogonal"
    """`identity` with `relu` is the IRNN of Le, Jaitly & Hinton (2015)."""

    def __post_init__(self) -> None:
        self.check_shared()
        require_shares(self, "weight_drop")
        require_choice(self, "nonlinearity", Literal["tanh", "relu"])
        require_choice(self, "recurrent_init", Literal["orthogonal", "identity"])


@dataclass(frozen=True, kw_only=True)
class LstmConfig(WeightDropConfig, RecurrentConfig):
    """Long short-term memory (Hochreiter & Schmidhuber 1997; forget gate of Gers et al. 2000).

    >>> from seqgen.config import LstmConfig
    >>> LstmConfig(vocab_size=9, n_layer=0, d_model=8, d_embedding=4, dropout=0.0, input_dropout=0.0)
    Traceback (most recent call last):
        ...
    seqgen.errors.ConfigError: n_layer is 0: it must be 1 or more
    """

    cell: ClassVar[Cell] = "lstm"
    has_cell_values: ClassVar[bool] = True
    forget_bias: float = 1.0
    """Initial bias of the forget gate (Jozefowicz, Zaremba & Sutskever 2015)."""

    def __post_init__(self) -> None:
        self.check_shared()
        require_shares(self, "weight_drop")
        require_finite(self, "forget_bias")


@dataclass(frozen=True, kw_only=True)
class GruConfig(WeightDropConfig, RecurrentConfig):
    """Gated recurrent unit (Cho et al. 2014). The reset gate is applied after the matrix multiplication.

    >>> from dataclasses import replace
    >>> from seqgen.config import GruConfig
    >>> config = GruConfig(vocab_size=9, n_layer=1, d_model=8, d_embedding=4, dropout=0.0, input_dropout=0.0)
    >>> replace(config, d_model=16).d_model
    16
    """

    cell: ClassVar[Cell] = "gru"

    def __post_init__(self) -> None:
        self.check_shared()
        require_shares(self, "weight_drop")


@dataclass(frozen=True, kw_only=True)
class MinGruConfig(RecurrentConfig):
    """Minimal gated recurrent unit (Feng et al. 2024), whose gates depend on the input alone.

    >>> from seqgen.config import MinGruConfig, fields_of
    >>> "weight_drop" in fields_of(MinGruConfig)  # there is no recurrent matrix
    False
    """

    cell: ClassVar[Cell] = "mingru"

    def __post_init__(self) -> None:
        self.check_shared()


@dataclass(frozen=True, kw_only=True)
class TransformerConfig(NgramConfig):
    """The block known as Qwen3, with a sliding window over keys and values that are carried along.

    >>> from seqgen.config import TransformerConfig, fields_of, is_chosen
    >>> [name for name, field in fields_of(TransformerConfig).items() if is_chosen(field)]
    ['vocab_size', 'n_layer', 'd_model', 'n_head', 'd_head', 'd_feedforward', 'memory', 'dropout']
    """

    cell: ClassVar[Cell] = "transformer"
    most_at_once: ClassVar[int | None] = 1 << 15
    """The same for a Transformer: the time of its attention grows with the square of the length."""
    has_cell_values: ClassVar[bool] = False
    vocab_size: int
    n_layer: int
    d_model: int
    n_head: int
    d_head: int
    """Width of one head. n_head * d_head need not be d_model."""
    d_feedforward: int
    memory: int
    """The attention window: each position attends to itself and the `memory - 1` positions before it."""
    dropout: float
    tie_weights: bool = False
    """Whether the output matrix is the embedding matrix."""
    source_vocab_size: int = 0
    """Ids from `vocab_size` on that the decoder reads and never predicts: those of sources, if there is no encoder."""
    rope_base: float = 10_000.0
    """The slowest pair of a rotary position turns by about 1/rope_base radians a position."""
    norm_epsilon: float = 1e-6
    """Added to the mean square in every norm, against division by zero."""

    def __post_init__(self) -> None:
        require_sizes(self, "vocab_size", most=MOST_IDS)
        require_sizes(self, "n_layer", most=MOST_LAYERS)
        require_sizes(self, "d_model", "d_feedforward", most=MOST_WIDE)
        require_sizes(self, "n_head", most=_MOST_OF_HEADS)
        require_sizes(self, "memory", most=_MOST_MEMORY)
        require_at_most(self, "d_head", most=_MOST_OF_HEADS)
        require_at_most(self, "source_vocab_size", most=MOST_IDS - self.vocab_size)
        require(self, "d_head", self.d_head >= 2 and self.d_head % 2 == 0, "an even number, 2 or more")
        require_shares(self, "dropout")
        require_finite(self, "rope_base", "norm_epsilon")
        require(self, "rope_base", self.rope_base > 1, "above 1")
        require(self, "norm_epsilon", self.norm_epsilon > 0, "above 0")
        require(self, "source_vocab_size", self.source_vocab_size >= 0, "0 or more")
        require(self, "tie_weights", not (self.tie_weights and self.source_vocab_size), "false if sources are read too")
        self.check_ngrams()

    @property
    def n_carried(self) -> int:
        """How many numbers a stream carries from token to token, once its attention window is full."""
        return 2 * self.n_layer * self.n_head * self.d_head * self.memory


ModelConfig = RnnConfig | LstmConfig | GruConfig | MinGruConfig | TransformerConfig

MODEL_CONFIGS: dict[Cell, type[ModelConfig]] = {
    "rnn": RnnConfig,
    "lstm": LstmConfig,
    "gru": GruConfig,
    "mingru": MinGruConfig,
    "transformer": TransformerConfig,
}
"""The config class of each cell."""
