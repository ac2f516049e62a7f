"""Runs that differ in nothing but the seed of their training: which belong together, and what they are called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from seqgen.run import SavedModel

_Row = TypeVar("_Row")


def pooled(
    rows: Sequence[_Row], *, model_of: Callable[[_Row], SavedModel], scored_on: Callable[[_Row], object]
) -> list[list[_Row]]:
    """The rows, those together that differ only in the seed of their training; in the order of the first of each.

    Only rows that were scored on the same are together.
    """
    groups: dict[str, dict[int, _Row]] = {}
    for number, row in enumerate(rows):
        model = model_of(row)
        seed, configuration = model.record.training.seed, repr((scored_on(row), _without_seed(model)))
        if seed in groups.get(configuration, {}):
            configuration = f"copy {number}"  # the same seed again is no other seed
        groups.setdefault(configuration, {})[seed] = row
    return [list(group.values()) for group in groups.values()]


def _without_seed(model: SavedModel) -> tuple[object, ...]:
    """What runs have in common that differ only in their seed."""
    record, source_tokenizer = model.record, model.source_tokenizer
    return (
        record.model,
        record.encoder,
        replace(record.training, seed=0),
        record.budget,
        sorted(record.corpus.parts.items()),
        model.tokenizer.fingerprint,
        None if source_tokenizer is None else source_tokenizer.fingerprint,
        record.parent,
    )


def pooled_name(names: Sequence[str]) -> str:
    """The name of a run, or what the names of several have in common.

    >>> pooled_name(["fox"]), pooled_name(["fox-seed-0", "fox-seed-1"])
    ('fox', 'fox, 2 seeds')
    """
    if len(names) == 1:
        return names[0]
    n_shared = next((place for place, letters in enumerate(zip(*names, strict=False)) if len(set(letters)) > 1), 0)
    shared = names[0][:n_shared].removesuffix("seed-").rstrip("-_ ")
    return f"{shared or names[0]}, {len(names)} seeds"
