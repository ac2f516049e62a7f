"""What an ended run gets beside its weights: an n-gram expert, where one helps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqgen.cli.shared.render import note
from seqgen.errors import RunError

if TYPE_CHECKING:
    from seqgen.training import Session


def add_expert(session: Session, *, corpus_paths: Sequence[str] = ()) -> str | None:
    """Find an expert for the run and store it. Returns a sentence about it, or None if there is none."""
    from seqgen.evaluation import learn_expert

    try:
        gain = learn_expert(session.folder, corpus_paths=corpus_paths)
    except RunError as error:
        note(f"no n-gram expert is stored: {error}")
        return None
    if gain is None:
        return None
    bits, nats = session.best_bits, session.best_nats
    per_token, unit = (1.0, "nats per token") if bits is None else (bits / nats, "bits per character")
    return (
        f"mixed with counts of up to {gain.order} tokens (weight {gain.weight:.2g}), the model reaches "
        f"{gain.nats_after * per_token:.4f} {unit} on validation instead of {gain.nats_before * per_token:.4f}"
    )
