"""How a model is trained, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seqgen.config.fields import (
    require,
    require_at_most,
    require_choice,
    require_finite,
    require_shares,
    require_sizes,
)
from seqgen.errors import ConfigError

Device = Literal["auto", "cpu", "cuda", "mps"]
"""`auto` takes a GPU if there is one."""
Optimizer = Literal["muon", "adamw"]
Precision = Literal["auto", "float32", "bfloat16"]

DEFAULT_DEVICE: Device = "auto"
DEFAULT_MINUTES = 5.0
DEFAULT_SAVE_EVERY_S = 60.0
"""Seconds from one save to the next: as much is lost at most if a training run is killed."""
_MOST_STEPS = 2**63 - 1
"""What a saved count of steps can hold."""
_MOST_DECAY = 1e6
_MOST_RATE = 1e20
"""The rate of Muon, which follows from it, is some times as large."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """When training ends: after a number of steps, of epochs over the training part, or of minutes.

    At most one of them may be set.

    >>> Budget(minutes=5)
    Budget(steps=None, epochs=None, minutes=5)
    >>> Budget(steps=100, minutes=5)
    Traceback (most recent call last):
    seqgen.errors.ConfigError: give only one of steps, epochs and minutes, not steps and minutes
    """

    steps: int | None = None
    epochs: float | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        names = [name for name in ("steps", "epochs", "minutes") if getattr(self, name) is not None]
        if len(names) > 1:
            raise ConfigError(f"give only one of steps, epochs and minutes, not {' and '.join(names)}")
        require_at_most(self, "steps", most=_MOST_STEPS)
        require_finite(self, "epochs", "minutes")
        for name in names:
            require(self, name, getattr(self, name) > 0, "above 0")

    @classmethod
    def default(cls) -> Budget:
        """The budget of a training run for which none is given."""
        return cls(minutes=DEFAULT_MINUTES)

    @property
    def is_set(self) -> bool:
        return self != Budget()

    def is_spent(self, *, step: int, epoch: float, elapsed_s: float) -> bool:
        """Whether nothing is left after this much training.

        >>> Budget(steps=100).is_spent(step=100, epoch=1.5, elapsed_s=60.0)
        True
        """
        limits = ((self.steps, step), (self.epochs, epoch), (self.minutes, elapsed_s / 60))
        return any(limit is not None and done >= limit for limit, done in limits)


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How the weights are trained.

    A field without a default is chosen from the corpus and the budget, unless the user sets it.

    >>> from seqgen.run import open_model
    >>> config = open_model("checkpoints/story").record.training
    >>> config.n_streams, config.window, config.optimizer
    (4, 16, 'muon')
    """

    n_streams: int
    """How many positions of the training part are read side by side: the batch size B."""
    window: int
    """Time steps through which gradients flow: T."""
    learning_rate: float
    """The peak learning rate of AdamW."""
    muon_rate: float
    """The peak learning rate of Muon, which trains the matrices if `optimizer` is muon."""
    evaluate_every: int
    """Steps between validations."""
    clip_norm: float | None
    """The largest global norm of the gradient (Pascanu, Mikolov & Bengio 2013). None turns clipping off."""
    weight_decay: float
    """The share that weights lose in a step, relative to the learning rate (Loshchilov & Hutter 2019)."""
    valid_tokens: int | None = None
    """How many tokens of the validation part are scored during training. None scores all of them."""
    warmup_steps: int = 20
    """Steps over which the learning rates rise to their peaks."""
    final_rate: float = 0.0
    """The learning rates at the end, as a share of their peaks. They fall linearly."""
    optimizer: Optimizer = "muon"
    """`muon` trains matrices with Muon (Jordan et al. 2024) and the rest with AdamW; `adamw` trains all with AdamW."""
    muon_momentum: float = 0.9
    ngram_rate: float = 0.1
    """The peak learning rate of the tables of n-grams, which Adagrad trains (Duchi, Hazan & Singer 2011)."""
    beta1: float = 0.9
    """AdamW's decay of the mean of the gradient."""
    beta2: float = 0.99
    """AdamW's decay of the mean of its square."""
    activation_penalty: float = 0.0
    """Weight of activation regularisation: the mean square of what the output layer reads (Merity et al. 2017)."""
    change_penalty: float = 0.0
    """Weight of temporal activation regularisation: the mean square of its change between tokens (the same paper)."""
    average: float | None = 16.0
    """Exponent of the average of the weights (Shamir & Zhang 2013): 16 averages over about the last 6 % of the steps.
    None turns averaging off."""
    vary_window: bool = False
    """Whether every window has a random length of about `window` time steps (Merity, Keskar & Socher 2017)."""
    shift_epochs: bool = True
    """Whether every epoch after the first begins at another position of the text."""
    precision: Precision = "auto"
    """Data type of the matrix multiplications: bfloat16 (with sums and weights in float32), or float32. `auto` takes
    the faster one."""
    patience: int | None = 10
    """A run by steps or epochs ends after this many validations in a row without a new best. None turns this off."""
    ngram_expert: bool = True
    """Whether the ended run gets an n-gram expert: counts of the training part, mixed with the network's predictions if
    that makes the validation part likelier. A run of labels gets a label expert instead."""
    unknown_share: float = 0.005
    """Of pairs: the share of the tokens of sources that become the unknown token in training, so that the model learns
    what to do with characters that it has never seen."""
    seed: int = 0

    def __post_init__(self) -> None:
        require_sizes(self, "n_streams", "window")
        require_sizes(self, "evaluate_every", most=_MOST_STEPS)
        require_at_most(self, "valid_tokens", "warmup_steps", "patience", most=_MOST_STEPS)
        require_finite(self, "learning_rate", "muon_rate", "ngram_rate", "clip_norm", "average")
        require_finite(self, "activation_penalty", "change_penalty")
        require(self, "learning_rate", self.learning_rate <= _MOST_RATE, f"{_MOST_RATE:g} or less")
        require(self, "weight_decay", self.weight_decay <= _MOST_DECAY, f"{_MOST_DECAY:,.0f} or less")
        for rate in ("learning_rate", "muon_rate", "ngram_rate"):
            require(self, rate, getattr(self, rate) > 0, "above 0")
        require(self, "valid_tokens", self.valid_tokens is None or self.valid_tokens >= 1, "1 or more, or none")
        require(self, "clip_norm", self.clip_norm is None or self.clip_norm > 0, "above 0, or none")
        require(self, "warmup_steps", self.warmup_steps >= 0, "0 or more")
        require(self, "final_rate", 0 <= self.final_rate <= 1, "from 0 to 1")
        for beta in ("beta1", "beta2", "muon_momentum"):
            require(self, beta, 0 <= getattr(self, beta) < 1, "at least 0 and less than 1")
        for weight in ("weight_decay", "activation_penalty", "change_penalty"):
            require(self, weight, getattr(self, weight) >= 0, "0 or more")
        require(self, "average", self.average is None or self.average >= 0, "0 or more, or none")
        require_shares(self, "unknown_share")
        require_choice(self, "optimizer", Optimizer)
        require_choice(self, "precision", Precision)
        require(self, "patience", self.patience is None or self.patience >= 1, "1 or more, or none")
        require(self, "seed", 0 <= self.seed < 2**63, "from 0 to 2^63 - 1")
