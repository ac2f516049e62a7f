"""What a configuration for pairs is chosen for: the user's settings, the pairs and the budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from seqgen.config import Budget, Direction, EncoderChoice
from seqgen.errors import ConfigError
from seqgen.training.planning.problem import PairSizes, Settings
from seqgen.training.request import TrainingRequest

_LAPTOP_PAIRS_PER_S = 500.0
"""Roughly what a laptop trains on. It stands for this machine until its throughput is measured."""
DEFAULT_DIRECTION: Direction = "bidirectional"


@dataclass(frozen=True, kw_only=True)
class PairProblem:
    """The question that `resolve_pairs` answers: which configuration suits these settings, pairs and budget?

    Planning asks it again with a width that it wants to try, and with the throughput that it has measured.

    >>> sizes = {"n_source_tokens": 6_000, "n_target_tokens": 5_000, "longest_source": 9, "longest_target": 8}
    >>> facts = PairSizes(
    ...     vocab_size=27, source_vocab_size=28, n_pairs=1_000, n_valid_pairs=100, has_labels=False, **sizes
    ... )
    >>> problem = PairProblem(settings={}, facts=facts, budget=Budget(epochs=3))
    >>> problem.direction, problem.has_attention, problem.epochs(n_streams=16)
    ('bidirectional', True, 3)
    """

    settings: Settings
    """Fields that the user has set. Nothing overrides them."""
    facts: PairSizes
    budget: Budget
    encoder: EncoderChoice | None = None
    """What the user has chosen to read sources; None leaves it open."""
    attention: bool | None = None
    """Whether the user wants attention; None leaves it open."""
    width: int | None = None
    """The width that planning tries; None leaves it to the rules."""
    pairs_per_s: float | None = None
    """Measured training throughput; None stands for a laptop's."""
    parent_ratio: float | None = None
    """The nats of the targets under the model of pairs with which the run goes on, before it learns, as a multiple of
    those of a unigram model. None if any weight begins fresh."""

    @classmethod
    def of(cls, request: TrainingRequest, facts: PairSizes, *, width: int | None = None) -> PairProblem:
        """The question that a user's request asks.

        Raises:
            ConfigError: an encoder was refused, and something was asked of it.
        """
        return cls(
            settings=request.settings,
            facts=facts,
            budget=request.budget_or_default,
            encoder=request.encoder,
            attention=request.attention,
            width=width,
        )

    def __post_init__(self) -> None:
        if self.encoder == "none":
            options = {"--attention": self.attention, "--no-attention": self.attention is False}
            named = [name for name, is_given in options.items() if is_given]
            named += [f"--set {name}" for name in self.settings if name.startswith("encoder_")]
            if named:
                raise ConfigError(f"{named[0]} means nothing with --encoder none: leave out one of them")

    @property
    def direction(self) -> Direction | None:
        """In which direction an encoder reads the sources; None if the decoder reads them itself."""
        chosen = self.encoder or DEFAULT_DIRECTION
        return None if chosen == "none" else chosen

    @property
    def has_attention(self) -> bool:
        """Whether the decoder attends to every position of the source that an encoder has read."""
        return self.attention is not False

    @property
    def longest_row(self) -> int:
        """The most tokens that the decoder reads of a pair."""
        facts = self.facts
        return facts.longest_target + (facts.longest_source if self.direction is None else 0)

    def epochs(self, *, n_streams: int) -> float:
        """Roughly how many epochs the budget pays for, with so many pairs in a batch."""
        budget, n_pairs = self.budget, self.facts.n_pairs
        if budget.epochs is not None:
            return budget.epochs
        if budget.minutes is not None:
            return budget.minutes * 60 * (self.pairs_per_s or _LAPTOP_PAIRS_PER_S) / n_pairs
        return cast(int, budget.steps) * n_streams / n_pairs
