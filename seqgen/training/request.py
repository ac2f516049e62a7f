"""A user's request for a new training, before anything is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from seqgen.config import Budget, Cell, CharConfig, CorpusConfig, Device, FieldValue, TokenizerConfig
from seqgen.run import SavedModel


@dataclass(frozen=True, kw_only=True)
class TrainingRequest:
    """What to train, on what, and for how long. Everything that is left out is chosen.

    >>> request = TrainingRequest(corpus=CorpusConfig(paths=("story.txt",)), settings={"d_model": 64})
    >>> request.budget_or_default.minutes
    5.0
    """

    corpus: CorpusConfig
    cell: Cell | None = None
    tokenizer: TokenizerConfig = field(default_factory=CharConfig)
    settings: Mapping[str, FieldValue] = field(default_factory=dict)
    """Fields of the model's configuration and of `TrainingConfig`, by name."""
    budget: Budget = field(default_factory=Budget)
    device: Device = "auto"
    folder: Path | None = None
    """The run folder. None makes one under `checkpoints/`, named after corpus, cell and time."""
    parent: SavedModel | None = None
    """The model whose weights and tokenizer the training begins with."""

    @property
    def budget_or_default(self) -> Budget:
        """The budget that was asked for, or the default budget."""
        return self.budget if self.budget.is_set else Budget.default()
