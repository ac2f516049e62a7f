"""How a run was configured, as `seqgen info` shows it: what was chosen or differs from its default, not every field."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from seqgen.cli.shared.render import listed

if TYPE_CHECKING:
    from seqgen.config import FieldValue, ModelConfig, TrainingConfig
    from seqgen.run import RunRecord

_CHOICES_AMONG_NOTES = re.compile(r"chosen: |(?=planned in |precision |tokenizer: )")
"""How choices begin in the notes of runs of earlier versions."""
_OVER = (
    "other programs are busy here",
    "begins from ",
    "the model to begin from ",
)
"""How notes begin that were of use only when training began."""
_PAIR = r"\w+ [^\s,]+"
_SETTINGS = re.compile(rf"{_PAIR}(, {_PAIR})*")
"""Names of fields, each with its value."""


def configuration_facts(record: RunRecord) -> list[tuple[str, str]]:
    """The shape of the model, how it was trained, and what was chosen for the user; pairs of name and value."""
    choices = choices_of(record)
    named = set(re.findall(r"\w+", " ".join(choices)))
    return [
        ("shape", _in_words(record.model)),
        ("training", _in_words(record.training, without=named)),
        *(("chosen", _unbroken(choice)) for choice in choices),
    ]


def choices_of(record: RunRecord) -> list[str]:
    """What was chosen for the user, and why."""
    among_notes = (_CHOICES_AMONG_NOTES.sub("", note, count=1) for note in record.notes if _is_choice(note))
    return [*among_notes, *record.choices]


def notes_of(record: RunRecord) -> list[str]:
    """The notes that still say something about the model."""
    return [note for note in record.notes if not _is_choice(note) and not note.startswith(_OVER)]


def _is_choice(note: str) -> bool:
    return _CHOICES_AMONG_NOTES.match(note) is not None


def _in_words(config: ModelConfig | TrainingConfig, *, without: Collection[str] = ()) -> str:
    """The fields that have no default, and those that differ from theirs."""
    values = {
        field.name: getattr(config, field.name) for field in dataclasses.fields(config) if _is_told(config, field)
    }
    return listed(f"{name} {_value(value)}" for name, value in values.items() if name not in without)


def _is_told(config: ModelConfig | TrainingConfig, field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING or getattr(config, field.name) != field.default


def _value(value: FieldValue) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def _unbroken(choice: str) -> str:
    """The same with no line break between a name and its value, if it is a list of such."""
    return listed(choice.split(", ")) if _SETTINGS.fullmatch(choice) else choice
