"""Everything about a run that is not a tensor."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqgen.config import MODEL_CONFIGS, Budget, ModelConfig, TrainingConfig
from seqgen.corpus.record import CorpusRecord
from seqgen.errors import ConfigError, RunError


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run was when its weights were saved, and how well they did on validation."""

    step: int = 0
    n_tokens: int = 0
    epoch: float = 0.0
    elapsed_s: float = 0.0
    valid_nats_per_token: float | None = None
    """None if these weights were not validated."""
    valid_bits_per_character: float | None = None
    is_average: bool = False
    """Whether the weights are the running average."""


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """Everything about a run that is not a tensor. Written into both of its files."""

    name: str
    created: str
    """UTC, ISO 8601."""
    version: str
    model: ModelConfig
    training: TrainingConfig
    budget: Budget
    corpus: CorpusRecord
    progress: Progress = Progress()
    notes: tuple[str, ...] = ()
    """What was chosen for the user, in words."""
    parent: str | None = None
    """SHA-256 of the model that training began from."""
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        values = {**dataclasses.asdict(self), "cell": self.model.cell, "notes": list(self.notes)}
        return {**values, "corpus": self.corpus.to_json()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> RunRecord:
        """The record whose `to_json` this is.

        Raises:
            RunError: a value is missing or impossible.
        """
        fields = dict(values)
        try:
            fields["model"] = MODEL_CONFIGS[fields.pop("cell")](**fields["model"])
            fields["training"] = TrainingConfig(**fields["training"])
            fields["budget"] = Budget(**fields["budget"])
            fields["corpus"] = CorpusRecord.from_json(fields["corpus"])
            fields["progress"] = Progress(**fields["progress"])
            fields["notes"] = tuple(fields["notes"])
            return cls(**fields)
        except (LookupError, TypeError, ValueError, AttributeError, ConfigError) as error:
            raise RunError(f"the run's record cannot be read ({error}): was it written by another version?") from None
