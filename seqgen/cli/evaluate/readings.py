"""What `seqgen eval` and `report` both do before they print: open the runs and read the texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from seqgen.cli.shared.render import note, why_used
from seqgen.errors import ConfigError

if TYPE_CHECKING:
    from seqgen.evaluation import Reading, ScoringMode, TextSelection
    from seqgen.run import SavedModel


def open_runs(runs: Sequence[str], *, with_experts: bool = True) -> list[SavedModel]:
    """The models of some runs; that of the newest run if none is named. Without experts, the networks alone."""
    from seqgen.run import open_model

    models = [open_model(run) for run in runs] or [open_model()]
    return models if with_experts else [replace(model, expert=None, label_expert=None) for model in models]


def are_of_pairs(models: Sequence[SavedModel]) -> bool:
    """Whether the models learned from pairs, not from texts. Every command asks once, before it scores anything.

    Raises:
        ConfigError: some did and some did not.
    """
    of_pairs = [model.name for model in models if model.source_tokenizer is not None]
    of_texts = [model.name for model in models if model.source_tokenizer is None]
    if of_pairs and of_texts:
        raise ConfigError(
            f"{of_texts[0]} learned from a text and {of_pairs[0]} from pairs: they have no measure in common, so give "
            "runs of one kind"
        )
    return bool(of_pairs)


def announced_readings(
    models: Sequence[SavedModel], selection: TextSelection, mode: ScoringMode, *, are_named: bool, dynamic: bool = False
) -> Iterator[Reading]:
    """Every selected text under every model. A note names each model before its turn."""
    from seqgen.evaluation import line_end_notes, readings

    for name, text in selection.files:
        for line in text.notes:
            note(f"{name}: {line}")
    for model in models:
        note(f"model: {model.address}{why_used(model, are_named)}")
        for line in line_end_notes(model, selection.files, encoding=selection.encoding):
            note(line)
        if dynamic:
            note("dynamic evaluation reads each text again and learns from it, which takes about ten times as long")
        yield from readings(model, selection, mode=mode, dynamic=dynamic)
