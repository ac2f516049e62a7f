"""What a configuration is chosen for: the user's settings, the corpus and the budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seqgen.config import Budget, FieldValue

Settings = Mapping[str, FieldValue]
"""Fields of a model's configuration and of `TrainingConfig`, by name."""


@dataclass(frozen=True)
class CorpusFacts:
    """What the choice of a model depends on in the corpus."""

    vocab_size: int
    n_train: int
    """Tokens of the training part."""
    n_valid: int
    """Tokens of the validation part; 0 if there is none."""


@dataclass(frozen=True, kw_only=True)
class PairSizes:
    """What the choice of a model depends on in pairs. Numbers of tokens count the end-of-text tokens."""

    vocab_size: int
    """Of the targets."""
    source_vocab_size: int
    """Of the sources, with the token that stands for unknown characters."""
    n_pairs: int
    """Pairs of the training part."""
    n_valid_pairs: int
    """Pairs of the validation part; 0 if there is none."""
    n_source_tokens: int
    """Of the training part."""
    n_target_tokens: int
    """Of the training part."""
    longest_source: int
    """In tokens, of all parts that training reads."""
    longest_target: int
    """In tokens, of the training part."""
    has_labels: bool
    """Whether every target is one token, a label."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """The question that `resolve` answers: which configuration suits these settings, this corpus and this budget?

    Planning asks it again with a shape that it wants to try, and once more with the throughput that it has measured:
    `dataclasses.replace` makes each question from the one before.
    """

    settings: Settings
    """Fields that the user has set. Nothing overrides them."""
    corpus: CorpusFacts
    budget: Budget
    parent_ratio: float | None = None
    """The nats of the text under the model that the training begins from, before it learns, as a multiple of those of a
    unigram model. None if the training begins from fresh weights."""
    trial: Settings = field(default_factory=dict)
    """Fields that a candidate tries. They override the rules, but not `settings`."""
    tokens_per_s: float | None = None
    """Measured training throughput; None stands for a laptop's, which the recipe of each cell estimates."""

    @property
    def decided(self) -> Settings:
        """The fields that the rules have to accept as they are."""
        return {**self.trial, **self.settings}
