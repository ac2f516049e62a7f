"""The record of a run: everything about it that is not a tensor. Both of its files contain it."""

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
    """How far the training was when the weights were saved, and their score on the validation part.

    >>> from seqgen.run import open_model
    >>> progress = open_model("checkpoints/story").record.progress
    >>> progress.step, progress.n_tokens
    (3, 192)
    """

    step: int = 0
    n_tokens: int = 0
    epoch: float = 0.0
    elapsed_s: float = 0.0
    valid_nats_per_token: float | None = None
    """None if these weights were not validated."""
    valid_bits_per_character: float | None = None
    is_average: bool = False
    """Whether the weights are the running average of those that were trained."""


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """How a run was configured, on what it was trained, and how far it is.

    >>> from seqgen.run import open_model
    >>> record = open_model("checkpoints/story").record
    >>> record.model.cell, record.budget.steps
    ('lstm', 3)
    >>> RunRecord.from_json(record.to_json()) == record
    True
    """

    name: str
    created: str
    """Time of creation: UTC, ISO 8601."""
    version: str
    model: ModelConfig
    training: TrainingConfig
    budget: Budget
    corpus: CorpusRecord
    progress: Progress = Progress()
    notes: tuple[str, ...] = ()
    """Notes for the user about what is not as they may expect, such as characters that were left out."""
    choices: tuple[str, ...] = ()
    """What was chosen for the user, and why. Runs of earlier versions have it among their notes."""
    parent: str | None = None
    """SHA-256 of the model that the training began from; None if it began from fresh weights."""
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Device and versions, on which the bytes of the weights depend."""

    def to_json(self) -> dict[str, Any]:
        """The record as JSON values. Files that exist depend on these keys."""
        values = {**dataclasses.asdict(self), "cell": self.model.cell, "notes": list(self.notes)}
        return {**values, "choices": list(self.choices), "corpus": self.corpus.to_json()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> RunRecord:
        """The record that `to_json` has turned into these values.

        Raises:
            RunError: a value is missing, unknown or out of range.
        """
        fields = dict(values)
        try:
            fields["model"] = MODEL_CONFIGS[fields.pop("cell")](**fields["model"])
            fields["training"] = TrainingConfig(**fields["training"])
            fields["budget"] = Budget(**fields["budget"])
            fields["corpus"] = CorpusRecord.from_json(fields["corpus"])
            fields["progress"] = Progress(**fields["progress"])
            fields["notes"] = tuple(fields["notes"])
            fields["choices"] = tuple(fields.get("choices", ()))
            return cls(**fields)
        except (LookupError, TypeError, ValueError, AttributeError, ConfigError) as error:
            raise RunError(
                f"the record of the run cannot be read ({error}): it may be from another version of seqgen"
            ) from None
