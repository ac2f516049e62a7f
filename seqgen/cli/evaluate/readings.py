"""What `seqgen eval` and `report` both do before they print: open the runs and read the texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from seqgen.cli.shared.render import note, why_used

if TYPE_CHECKING:
    from seqgen.evaluation import Reading, ScoringMode, TextSelection
    from seqgen.run import SavedModel


def open_runs(runs: Sequence[str], *, with_experts: bool = True) -> list[SavedModel]:
    """The models of some runs; that of the newest run if none is named. Without experts, the networks alone."""
    from seqgen.run import open_model

    models = [open_model(run) for run in runs] or [open_model()]
    return models if with_experts else [replace(model, expert=None, label_expert=None) for model in models]


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
