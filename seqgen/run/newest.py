"""Which run is meant where none is named: the newest one, or the best of the newest race."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from seqgen.container import read_header
from seqgen.errors import RunError
from seqgen.run.folder import MODEL_FILE
from seqgen.run.lock import LOCK_FILE


@dataclass(frozen=True)
class _Run:
    """What decides the place of a run."""

    path: Path
    is_free: bool
    """Whether no training uses the folder."""
    created: str
    race: str | None
    nats: float
    """Per token on validation; infinite without one. All runs of a race have the same tokens."""
    place: int | None
    """In the race, if one was stored. It counts if all runs of the race have one."""


def newest_models(folder: Path) -> list[Path]:
    """The model files of the runs in a folder, the newest first. Those that are still being trained come last.

    The runs of a race stand together, the best on validation first, where the newest of them would stand.

    >>> [path.parent.name for path in newest_models(Path("checkpoints"))]
    ['story']
    """
    runs = [run for path in folder.glob(f"*/{MODEL_FILE}") if (run := _read(path)) is not None]
    latest: dict[str | None, str] = {}
    by_place = {run.race for run in runs} - {run.race for run in runs if run.place is None}
    for run in runs:
        latest[run.race] = max(run.created, latest.get(run.race, ""))

    def place(run: _Run) -> tuple[bool, str, str, float, Path]:
        if run.race is None:
            return run.is_free, run.created, "", 0.0, run.path
        merit = -run.place if run.race in by_place and run.place is not None else -run.nats
        return run.is_free, latest[run.race], run.race, merit, run.path

    return [run.path for run in sorted(runs, key=place, reverse=True)]


def _read(path: Path) -> _Run | None:
    """None if the file has no header that can be read."""
    try:
        document = read_header(path)["document"]
        nats = document["progress"]["valid_nats_per_token"]
        created, race, place = str(document["created"]), document.get("race"), document.get("race_place")
        is_free = not path.with_name(LOCK_FILE).exists()
        return _Run(
            path=path,
            is_free=is_free,
            created=created,
            race=race and str(race),
            nats=math.inf if nats is None else float(nats),
            place=None if place is None else int(place),
        )
    except (RunError, LookupError, TypeError, ValueError, OverflowError):
        return None
