"""What a run is made of: frozen dataclasses, one for each concern and each architecture.

A field without a default is chosen by `resolve` from the corpus and the budget unless the user sets it.
Every other default exists here and nowhere else. Each class checks its own values.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

from seqgen.errors import ConfigError

Cell = Literal["rnn", "lstm", "gru", "transformer"]
TokenizerName = Literal["char", "byte", "word", "sentencepiece"]
TokenizerKind = Literal["char", "byte", "word", "whitespace", "sentencepiece"]
WordSplit = Literal["pattern", "whitespace"]
SentencePieceModel = Literal["bpe", "unigram"]
Documents = Literal["line", "blank-line", "file"]
Device = Literal["auto", "cpu", "cuda", "mps"]
Optimizer = Literal["muon", "adamw"]
Precision = Literal["auto", "float32", "bfloat16"]
Part = Literal["train", "valid", "test"]

FieldValue = int | float | bool | str | None

DEFAULT_CELL: Cell = "lstm"
DEFAULT_MINUTES = 5.0


def _require(config: object, field: str, holds: bool, allowed: str) -> None:
    value = getattr(config, field)
    if not holds or (isinstance(value, float) and not math.isfinite(value)):
        raise ConfigError(f"{field} is {value!r}: it must be {allowed}")


# --- tokenizers ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class CharConfig:
    """Unicode characters of the training part."""

    name: ClassVar[TokenizerName] = "char"


@dataclass(frozen=True, kw_only=True)
class ByteConfig:
    """The 256 bytes."""

    name: ClassVar[TokenizerName] = "byte"


@dataclass(frozen=True, kw_only=True)
class WordConfig:
    """Words of the training part; `whitespace` is the closed-vocabulary benchmark rule."""

    name: ClassVar[TokenizerName] = "word"
    vocab_size: int | None = None
    word_split: WordSplit = "pattern"

    def __post_init__(self) -> None:
        _require(self, "vocab_size", self.vocab_size is None or self.vocab_size >= 2, "2 or more")
        _require_choice(self, "word_split", WordSplit)


@dataclass(frozen=True, kw_only=True)
class SentencePieceConfig:
    """Pieces learned by the sentencepiece library."""

    name: ClassVar[TokenizerName] = "sentencepiece"
    vocab_size: int | None = None
    sentencepiece_model: SentencePieceModel = "bpe"

    def __post_init__(self) -> None:
        _require(self, "vocab_size", self.vocab_size is None or self.vocab_size >= 258, "258 or more")
        _require_choice(self, "sentencepiece_model", SentencePieceModel)


TokenizerConfig = CharConfig | ByteConfig | WordConfig | SentencePieceConfig

TOKENIZER_CONFIGS: dict[TokenizerName, type[TokenizerConfig]] = {
    "char": CharConfig,
    "byte": ByteConfig,
    "word": WordConfig,
    "sentencepiece": SentencePieceConfig,
}

# --- models -------------------------------------------------------------------------------------------


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
        _require_sizes(self, "vocab_size", "n_layer", "d_model")
        _require(self, "d_embedding", self.d_embedding is None or self.d_embedding >= 1, "1 or more, or none")
        for name in ("dropout", "input_dropout", "embedding_dropout", "weight_drop"):
            _require(self, name, 0 <= getattr(self, name) < 1, "from 0 to below 1")
        tied = not self.tie_weights or self.d_embedding == self.d_model
        _require(self, "tie_weights", tied, f"false unless d_embedding equals d_model ({self.d_model})")


@dataclass(frozen=True, kw_only=True)
class RnnConfig(RecurrentConfig):
    """Elman's network (1990)."""

    cell = "rnn"
    nonlinearity: Literal["tanh", "relu"] = "tanh"
    recurrent_init: Literal["orthogonal", "identity"] = "orthogonal"
    """`identity` with `relu` is the IRNN of Le, Jaitly & Hinton (2015)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_choice(self, "nonlinearity", Literal["tanh", "relu"])
        _require_choice(self, "recurrent_init", Literal["orthogonal", "identity"])


@dataclass(frozen=True, kw_only=True)
class LstmConfig(RecurrentConfig):
    """Long short-term memory (Hochreiter & Schmidhuber 1997; forget gate of Gers et al. 2000)."""

    cell = "lstm"
    forget_bias: float = 1.0
    """Initial bias of the forget gate (Jozefowicz, Zaremba & Sutskever 2015)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(self, "forget_bias", True, "a finite number")


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
        _require_sizes(self, "vocab_size", "n_layer", "d_model", "n_head", "d_feedforward", "memory")
        _require(self, "d_head", self.d_head >= 2 and self.d_head % 2 == 0, "an even number, 2 or more")
        _require(self, "dropout", 0 <= self.dropout < 1, "from 0 to below 1")
        _require(self, "rope_base", self.rope_base > 1, "above 1")
        _require(self, "norm_epsilon", self.norm_epsilon > 0, "above 0")


ModelConfig = RnnConfig | LstmConfig | GruConfig | TransformerConfig

MODEL_CONFIGS: dict[Cell, type[ModelConfig]] = {
    "rnn": RnnConfig,
    "lstm": LstmConfig,
    "gru": GruConfig,
    "transformer": TransformerConfig,
}

# --- corpus, budget, training -------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class CorpusConfig:
    """Where the text comes from and how it is cut into parts."""

    paths: tuple[str, ...]
    """Files, folders, or `-` for standard input."""
    encoding: str = "utf-8"
    documents: Documents | None = None
    valid_fraction: float = 0.1
    test_fraction: float = 0.0
    valid_paths: tuple[str, ...] = ()
    test_paths: tuple[str, ...] = ()
    split_seed: int = 0
    """Seed of the order in which the split takes documents."""

    def __post_init__(self) -> None:
        if self.documents is not None:
            _require_choice(self, "documents", Documents)
        _require(self, "valid_fraction", 0 <= self.valid_fraction < 1, "from 0 to below 1")
        _require(self, "test_fraction", 0 <= self.test_fraction < 1, "from 0 to below 1")
        together = self.valid_fraction + self.test_fraction
        _require(
            self,
            "test_fraction",
            together < 1,
            f"below {1 - self.valid_fraction:g}: training needs a part too",
        )


@dataclass(frozen=True, kw_only=True)
class Budget:
    """When training ends: by steps, by passes over the training part, or by the clock."""

    steps: int | None = None
    epochs: float | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("steps", "epochs", "minutes") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ConfigError(f"give one of --steps, --epochs and --minutes, not {' and '.join(given)}")
        for name in given:
            _require(self, name, getattr(self, name) > 0, "above 0")

    @classmethod
    def default(cls) -> Budget:
        """What no budget means."""
        return cls(minutes=DEFAULT_MINUTES)

    @property
    def is_set(self) -> bool:
        return self != Budget()


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How the weights are fitted: truncated backpropagation through time, one learning-rate curve for all rates."""

    n_streams: int
    """Places of the training part read side by side: the batch size B."""
    window: int
    """Time steps through which gradients flow: T."""
    learning_rate: float
    """AdamW's, at its highest."""
    muon_rate: float
    """Muon's, at its highest; it fits the matrices where `optimizer` is muon."""
    evaluate_every: int
    """Steps between validations."""
    clip_norm: float | None
    """Largest global norm of the gradient (Pascanu, Mikolov & Bengio 2013)."""
    weight_decay: float
    """What weights lose in a step, as a share of the learning rate (Loshchilov & Hutter 2019)."""
    valid_tokens: int | None = None
    """Validation reads at most this many tokens while training; None reads the whole part."""
    warmup_steps: int = 20
    final_rate: float = 0.0
    """The learning rate at the end, as a share of its peak; it falls linearly."""
    optimizer: Optimizer = "muon"
    """`muon`: Muon for the matrices (Jordan et al. 2024) and AdamW for the rest; `adamw`: AdamW for all."""
    muon_momentum: float = 0.9
    beta1: float = 0.9
    beta2: float = 0.99
    activation_penalty: float = 0.0
    """Weight of the mean square of what the output layer reads (AR of Merity, McCann & Socher 2017)."""
    change_penalty: float = 0.0
    """Weight of the mean square of its change from token to token (TAR, the same)."""
    average: float | None = 16.0
    """Exponent of the average of weights (Shamir & Zhang 2013): 16 averages over about the last 6 % of steps."""
    vary_window: bool = False
    """Draw the length of every window about `window` (Merity, Keskar & Socher 2017)."""
    shift_epochs: bool = True
    """Begin every pass but the first at another place of the text."""
    precision: Precision = "auto"
    """Type of products: bfloat16 with float32 sums and weights, or float32; auto takes the faster."""
    patience: int | None = 10
    """Validations in a row without a better one that end a run by steps or epochs."""
    seed: int = 0

    def __post_init__(self) -> None:
        _require_sizes(self, "n_streams", "window", "evaluate_every")
        for rate in ("learning_rate", "muon_rate"):
            _require(self, rate, getattr(self, rate) > 0, "above 0")
        _require(self, "valid_tokens", self.valid_tokens is None or self.valid_tokens >= 1, "1 or more, or none")
        _require(self, "clip_norm", self.clip_norm is None or self.clip_norm > 0, "above 0, or none")
        _require(self, "warmup_steps", self.warmup_steps >= 0, "0 or more")
        _require(self, "final_rate", 0 <= self.final_rate <= 1, "from 0 to 1")
        for beta in ("beta1", "beta2", "muon_momentum"):
            _require(self, beta, 0 <= getattr(self, beta) < 1, "from 0 to below 1")
        for weight in ("weight_decay", "activation_penalty", "change_penalty"):
            _require(self, weight, getattr(self, weight) >= 0, "0 or more")
        _require(self, "average", self.average is None or self.average >= 0, "0 or more, or none")
        _require_choice(self, "optimizer", Optimizer)
        _require_choice(self, "precision", Precision)
        _require(self, "patience", self.patience is None or self.patience >= 1, "1 or more, or none")
        _require(self, "seed", 0 <= self.seed < 2**63, "from 0 to 2^63 - 1")


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
    until_boundary: bool = False
    """A text ends where the model ends its document."""

    def __post_init__(self) -> None:
        _require(self, "temperature", self.temperature >= 0, "0 or more")
        _require(self, "top_k", self.top_k is None or self.top_k >= 1, "1 or more")
        for share in ("top_p", "min_p", "typical"):
            value = getattr(self, share)
            _require(self, share, value is None or 0 < value <= 1, "above 0 and at most 1")
        _require(self, "no_copy", self.no_copy is None or self.no_copy >= 8, "8 or more")
        _require(self, "repetition_penalty", self.repetition_penalty > 0, "above 0")
        for penalty in ("presence_penalty", "frequency_penalty"):
            _require(self, penalty, True, "a finite number")
        _require_sizes(self, "penalty_window")
        _require(self, "seed", self.seed >= 0, "0 or more")
        for phrases in ("stop", "ban", "bias"):
            _require(self, phrases, all(getattr(self, phrases)), "of one character or more each")
        _require(self, "bias", all(map(math.isfinite, self.bias.values())), "of finite numbers")

    @property
    def has_penalty(self) -> bool:
        return (self.repetition_penalty, self.presence_penalty, self.frequency_penalty) != (1.0, 0.0, 0.0)


def _require_sizes(config: object, *fields: str) -> None:
    for field in fields:
        _require(config, field, getattr(config, field) >= 1, "1 or more")


def _require_choice(config: object, field: str, choices: object) -> None:
    names = get_args(choices)
    _require(config, field, getattr(config, field) in names, "one of " + ", ".join(names))


# --- fields by name -----------------------------------------------------------------------------------


def fields_of(config: type[Any]) -> dict[str, dataclasses.Field[Any]]:
    """Name -> field of a configuration class."""
    return {field.name: field for field in dataclasses.fields(config)}


def is_chosen(field: dataclasses.Field[Any]) -> bool:
    """Whether `resolve` fills the field from the corpus and the budget."""
    return field.default is dataclasses.MISSING
