"""How a model is trained, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seqgen.config.fields import require, require_choice, require_sizes
from seqgen.errors import ConfigError

Device = Literal["auto", "cpu", "cuda", "mps"]
Optimizer = Literal["muon", "adamw"]
Precision = Literal["auto", "float32", "bfloat16"]

DEFAULT_DEVICE: Device = "auto"
DEFAULT_MINUTES = 5.0


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
            require(self, name, getattr(self, name) > 0, "above 0")

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
        require_sizes(self, "n_streams", "window", "evaluate_every")
        for rate in ("learning_rate", "muon_rate"):
            require(self, rate, getattr(self, rate) > 0, "above 0")
        require(self, "valid_tokens", self.valid_tokens is None or self.valid_tokens >= 1, "1 or more, or none")
        require(self, "clip_norm", self.clip_norm is None or self.clip_norm > 0, "above 0, or none")
        require(self, "warmup_steps", self.warmup_steps >= 0, "0 or more")
        require(self, "final_rate", 0 <= self.final_rate <= 1, "from 0 to 1")
        for beta in ("beta1", "beta2", "muon_momentum"):
            require(self, beta, 0 <= getattr(self, beta) < 1, "from 0 to below 1")
        for weight in ("weight_decay", "activation_penalty", "change_penalty"):
            require(self, weight, getattr(self, weight) >= 0, "0 or more")
        require(self, "average", self.average is None or self.average >= 0, "0 or more, or none")
        require_choice(self, "optimizer", Optimizer)
        require_choice(self, "precision", Precision)
        require(self, "patience", self.patience is None or self.patience >= 1, "1 or more, or none")
        require(self, "seed", 0 <= self.seed < 2**63, "from 0 to 2^63 - 1")
