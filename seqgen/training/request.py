"""What a user asks of a training, before anything is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from seqgen.config import Budget, Cell, CharConfig, CorpusConfig, Device, FieldValue, TokenizerConfig
from seqgen.run import SavedModel


@dataclass(frozen=True, kw_only=True)
class TrainingRequest:
    """Everything left out is chosen."""

    corpus: CorpusConfig
    cell: Cell | None = None
    tokenizer: TokenizerConfig = field(default_factory=CharConfig)
    settings: Mapping[str, FieldValue] = field(default_factory=dict)
    """Fields of the model and of `TrainingConfig` by name."""
    budget: Budget = field(default_factory=Budget)
    device: Device = "auto"
    folder: Path | None = None
    """The run folder; None makes one under `checkpoints/`, named after corpus, cell and time."""
    parent: SavedModel | None = None
    """A model whose weights and tokenizer training begins from."""

    @property
    def budget_or_default(self) -> Budget:
        return self.budget if self.budget.is_set else Budget.default()
