"""`seqgen plan --pairs`: how often each cell would see every pair in a given time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from seqgen.cli.shared.render import (
    count,
    note,
    print_facts,
    print_json,
    print_left_out,
    print_prose,
    print_table,
    rounded,
)
from seqgen.wording import count_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seqgen.run import SavedModel
    from seqgen.training import TrainingRequest
    from seqgen.training.pairs import PreparedPairs
    from seqgen.training.planning.pair_planner import PairCandidate
    from seqgen.training.planning.resolve import Resolved

_HEADER = ["model", "encoder", "params", "pairs/s", "epochs", "batch", "dropout"]
_DROPPABLE = ["dropout", "batch", "params"]


def plan_pairs(request: TrainingRequest, *, as_json: bool) -> None:
    """Time a few steps of every cell on the pairs, and print what `seqgen train` would take.

    A run that begins with a trained model has the cell and the shape of that model, so it is timed alone.
    """
    from seqgen.models.devices import choose_device
    from seqgen.training.pairs import prepare_pairs
    from seqgen.training.planning.pair_planner import PairPlanner
    from seqgen.training.planning.timing import UNSTEADY_NOTE

    device = choose_device(request.device)
    prepared = prepare_pairs(request)
    started = time.monotonic()
    candidates = PairPlanner.of(request, prepared, device=device).candidates()
    planned_s = time.monotonic() - started
    if as_json:
        print_json(_to_json(prepared, candidates, planned_s=planned_s))
        return
    note(f"read in {prepared.took_s:.1f} s, planned in {planned_s:.1f} s")
    if any(candidate.was_repeated for candidate in candidates):
        note(UNSTEADY_NOTE)
    for line in (*prepared.notes, *candidates[0].resolved.notes):
        note(line)
    print_facts(", ".join(request.corpus.paths), _facts(prepared))
    print()
    print_left_out(
        print_table(_HEADER, [_row_of(candidate) for candidate in candidates], n_left=2, droppable=_DROPPABLE)
    )
    print_prose("model: cell, layers x width; encoder: what reads the sources, * with attention; batch: pairs")
    print()
    _print_choice(candidates[0].resolved, request.parent)


def _print_choice(first: Resolved, parent: SavedModel | None) -> None:
    """What `seqgen train` takes."""
    if parent is not None:
        print_prose(
            f"with the same --from, `seqgen train --pairs` takes the cell and the shape of {parent.name}, and a "
            f"learning rate of {first.training.learning_rate:.2g}"
        )
        return
    print_prose(f"`seqgen train --pairs` takes {first.model.cell}, unless --cell names another")
    print_prose("which of them predicts best is not known beforehand: seqgen race --pairs tells it")


def _facts(prepared: PreparedPairs) -> list[tuple[str, str]]:
    facts = prepared.facts
    targets = f"{count_of(facts.n_target_tokens, 'token')}, vocabulary size {count(facts.vocab_size)}"
    if facts.has_labels:
        targets = count_of(facts.vocab_size - 1, "label")  # the end-of-text token is none
    valid = count_of(facts.n_valid_pairs, "pair") if facts.n_valid_pairs else "none"
    return [
        ("training part", count_of(facts.n_pairs, "pair")),
        ("validation part", valid),
        ("sources", f"{count_of(facts.n_source_tokens, 'token')}, vocabulary size {count(facts.source_vocab_size)}"),
        ("targets", targets),
    ]


def _row_of(candidate: PairCandidate) -> list[str]:
    model, encoder = candidate.resolved.model, candidate.resolved.encoder
    reads = "none" if encoder is None else f"{encoder.direction}{'*' if encoder.attention else ''}"
    return [
        f"{model.cell} {model.n_layer}x{model.d_model}",
        reads,
        rounded(candidate.n_parameters),
        count(candidate.pairs_per_s),
        f"{candidate.n_epochs:.1f}",
        count(candidate.resolved.training.n_streams),
        f"{model.dropout:g}",
    ]


def _to_json(prepared: PreparedPairs, candidates: Sequence[PairCandidate], *, planned_s: float) -> dict[str, Any]:
    facts = prepared.facts
    return {
        "read_s": prepared.took_s,
        "planned_s": planned_s,
        "timings_repeated": any(candidate.was_repeated for candidate in candidates),
        "n_pairs": facts.n_pairs,
        "n_valid_pairs": facts.n_valid_pairs,
        "targets": "label" if facts.has_labels else "text",
        "candidates": [
            {
                "cell": candidate.resolved.model.cell,
                "n_layer": candidate.resolved.model.n_layer,
                "d_model": candidate.resolved.model.d_model,
                "encoder": candidate.resolved.encoder and candidate.resolved.encoder.direction,
                "n_parameters": candidate.n_parameters,
                "n_streams": candidate.resolved.training.n_streams,
                "dropout": candidate.resolved.model.dropout,
                "learning_rate": candidate.resolved.training.learning_rate,
                "precision": candidate.resolved.training.precision,
                "pairs_per_s": candidate.pairs_per_s,
                "epochs": candidate.n_epochs,
            }
            for candidate in candidates
        ],
    }
