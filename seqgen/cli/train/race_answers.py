"""A race on pairs when all models are trained: what they answer decides, as in `seqgen eval`, and not their loss."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from seqgen.cli.shared.render import note
from seqgen.cli.train.race_entry import RaceEntry
from seqgen.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path

    from seqgen.evaluation.pair_runs import PairRace

_HEADINGS = {"character error rate": "CER"}
"""Measures that have a shorter name in the table."""


@final
@dataclass(frozen=True, eq=False)
class AnsweredPairs:
    """What the models of a race have answered to validation pairs, for its table and its verdict."""

    race: PairRace

    @property
    def heading(self) -> str:
        """The head of the column."""
        return _HEADINGS.get(self.race.measure, self.race.measure)

    @property
    def explanation(self) -> str:
        """What the column is."""
        what = "" if self.heading == self.race.measure else f"{self.race.measure} "
        return f"{self.heading}: {what}on {self.race.n_pairs:,} validation pairs"

    def cell_of(self, entry: RaceEntry) -> str:
        """The measure of a cell; of several seeds, its mean and standard deviation."""
        figures = [100 * self.race.figure(row) for row in self.race.runs.get(entry.cell, ())]
        if not figures:
            return "-"
        spread = f" ± {statistics.stdev(figures):.1f}" if len(figures) > 1 else ""
        return f"{statistics.fmean(figures):.1f} %{spread}"

    def place_of(self, team: Sequence[RaceEntry]) -> int:
        """The place of a cell; those without answers come last."""
        cells = list(self.race.runs)
        return cells.index(team[0].cell) if team[0].cell in cells else len(cells)

    def best_of(self, entries: Sequence[RaceEntry]) -> RaceEntry:
        """The entry with the best answers."""
        return next(entry for entry in entries if _folder(entry) == self.race.best.model.path.parent)

    def verdict(self, entries: Sequence[RaceEntry]) -> str:
        """Which cell answers best, or that it cannot be told, and which might catch up."""
        from seqgen.training import race_remarks

        verdicts = {entry.cell: entry.verdict for entry in entries if entry.verdict}
        return ". ".join([self.race.sentence, *race_remarks(list(self.race.runs), verdicts)])

    def to_json(self, entry: RaceEntry) -> dict[str, Any]:
        """The measure of one run."""
        rows = {row.model.path.parent: row for row in self.race.runs.get(entry.cell, ())}
        row = rows.get(_folder(entry))
        return {self.race.measure.replace(" ", "_"): row and self.race.figure(row)}


def answer_pairs(teams: Sequence[Sequence[RaceEntry]]) -> AnsweredPairs | None:
    """Let every model of a race answer validation pairs, and store their places; None if there is nothing to answer."""
    from seqgen.evaluation.pair_runs import PairRace

    race = PairRace.of({team[0].cell: [_folder(entry) for entry in team] for team in teams})
    if race is None:
        return None
    try:
        race.store_places()
    except RunError as error:
        note(f"the places are not stored, so commands that name no run take the one with the lowest loss: {error}")
    return AnsweredPairs(race)


def _folder(entry: RaceEntry) -> Path:
    assert entry.session is not None, "every entry of a race that has ended was trained"
    return entry.session.folder
