"""What a run learns last: at which temperature its model writes best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqgen.cli.shared.render import note
from seqgen.errors import RunError

if TYPE_CHECKING:
    from seqgen.training import Session


def find_temperature(session: Session, *, corpus_paths: Sequence[str] = ()) -> float | None:
    """Measure the temperature, and store it in the run. None if it cannot be told or stored; a note says the latter."""
    from seqgen.evaluation import learn_temperature

    try:
        return learn_temperature(session.folder, corpus_paths=corpus_paths)
    except RunError as error:
        note(f"the temperature at which it writes best is not stored: {error}")
        return None
