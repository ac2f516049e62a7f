"""The record of a run: everything about it that is not a tensor. Both of its files contain it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqgen.config import MODEL_CONFIGS, Budget, EncoderConfig, ModelConfig, TrainingConfig, checked
from seqgen.corpus.folders import STANDARD_INPUT
from seqgen.corpus.record import CorpusRecord
from seqgen.errors import ConfigError, RunError

_LISTS = ("notes", "choices", "titles")
"""Fields that are tuples here, and lists in JSON."""
_MOST_NAMES = 3
"""Files that are named where a sentence says what a model learned from."""


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
    encoder: EncoderConfig | None = None
    """What reads the sources of pairs; None for texts, and for pairs whose sources the decoder itself reads."""
    progress: Progress = Progress()
    notes: tuple[str, ...] = ()
    """Notes for the user about what is not as they may expect, such as characters that were left out."""
    choices: tuple[str, ...] = ()
    """What was chosen for the user, and why. Runs of earlier versions have it among their notes."""
    parent: str | None = None
    """SHA-256 of the model that the training began from; None if it began from fresh weights."""
    begun_from: str | None = None
    """That model in words: its name, and what it learned from."""
    race: str | None = None
    """The race that the run takes part in, named after the time of its beginning; None if it is in none."""
    race_place: int | None = None
    """Its place in that race, from 1; None where the validation losses decide."""
    texts: str | None = None
    """What the corpus is, in words. None: the names of its files tell it."""
    titles: tuple[str, ...] = ()
    """Authors and titles of the texts, where the corpus names no files."""
    temperature: float | None = None
    """The temperature at which the model writes best, as measured at the end of its training; None if it was not."""
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Device and versions, on which the bytes of the weights depend."""

    @property
    def learned_from(self) -> str:
        """What the model learned from, in words: its texts, and the model that it was begun from itself.

        >>> from seqgen.run import open_model
        >>> open_model("checkpoints/story").record.learned_from
        'tiny.txt'
        """
        texts = self.texts or _names_of(self.corpus.config.paths)
        return texts if self.begun_from is None else f"{texts} and was itself begun from {self.begun_from}"

    @property
    def characters_per_token(self) -> float | None:
        """Mean over the training part, without out-of-vocabulary characters; None if its sizes are not known.

        >>> from seqgen.run import open_model
        >>> open_model("checkpoints/story").record.characters_per_token
        1.0
        """
        part = self.corpus.parts["train"]
        return (part.n_characters - part.n_oov) / part.n_tokens if part.n_characters and part.n_tokens else None

    @property
    def lookup_limit(self) -> str | None:
        """What a look-up in the training text leaves out, in words; None if the model learned from that text alone.

        >>> from seqgen.run import open_model
        >>> open_model("checkpoints/story").record.lookup_limit is None
        True
        """
        if self.parent is None:
            return None
        return f"only the run's own text is looked up, not what it was begun from: {self.begun_from or 'another model'}"

    @property
    def has_labels(self) -> bool:
        """Whether every target is a label, and so a single token. A text has an end-of-text token too.

        >>> from seqgen.run import open_model
        >>> open_model("checkpoints/story").record.has_labels
        False
        """
        part = self.corpus.parts["train"]
        return part.longest_target == 1 and bool(part.n_characters)

    @property
    def may_skip_encoder(self) -> bool:
        """Whether training may have windows in which no target begins, because a target is longer than a window.

        >>> from seqgen.run import open_model
        >>> open_model("checkpoints/story").record.may_skip_encoder  # it has no encoder
        False
        """
        longest = self.corpus.parts["train"].longest_target
        return self.encoder is not None and (longest is None or longest > self.training.window)

    def to_json(self) -> dict[str, Any]:
        """The record as JSON values. Files that exist depend on these keys."""
        lists = {name: list(getattr(self, name)) for name in _LISTS}
        return {**dataclasses.asdict(self), **lists, "cell": self.model.cell, "corpus": self.corpus.to_json()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> RunRecord:
        """The record that `to_json` has turned into these values.

        Raises:
            RunError: a value is missing, unknown or out of range.
        """
        fields = dict(values)
        try:
            fields["model"] = checked(MODEL_CONFIGS[fields.pop("cell")], fields["model"])
            fields["training"] = checked(TrainingConfig, fields["training"])
            fields["budget"] = checked(Budget, fields["budget"])
            fields["corpus"] = CorpusRecord.from_json(fields["corpus"])
            encoder = fields.get("encoder")
            fields["encoder"] = None if encoder is None else checked(EncoderConfig, encoder)
            fields["progress"] = checked(Progress, fields["progress"])
            fields["notes"] = tuple(fields["notes"])
            fields["choices"] = tuple(fields.get("choices", ()))
            fields["titles"] = tuple(fields.get("titles", ()))
            return checked(cls, fields)
        except (LookupError, TypeError, ValueError, AttributeError, ConfigError) as error:
            raise RunError(
                f"the record of the run cannot be read ({error}): it may be from another version of seqgen"
            ) from None


def _names_of(paths: Sequence[str]) -> str:
    """The first few names of files, and how many more there are."""
    names = ["standard input" if path == STANDARD_INPUT else Path(path).name for path in paths]
    n_more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {n_more} more" if n_more > 0 else "")
