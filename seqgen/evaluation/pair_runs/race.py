"""A race of models on pairs: which of them answers the validation pairs best, as `seqgen eval` compares models."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

from seqgen.errors import CorpusError, RunError
from seqgen.evaluation.pair_runs.answers import shared_measure
from seqgen.evaluation.pair_runs.comparison import compare_answers
from seqgen.evaluation.pair_runs.pair_sets import pair_sets
from seqgen.evaluation.pair_runs.scored_pairs import ScoredPairs
from seqgen.evaluation.prediction_measures import Measure, pool_differences
from seqgen.evaluation.readings import TextSelection
from seqgen.run import amend_model, open_model

_MOST_PAIRS = 1_000
"""Of the validation part, from its beginning. So many take some seconds, also where targets are texts."""


@final
@dataclass(frozen=True, eq=False)
class PairRace:
    """The runs of each kind of model, which differ in their seed, with their answers to the same pairs.

    The best kind and the best run of each kind come first.
    """

    runs: Mapping[str, Sequence[ScoredPairs]]
    measure: Measure
    """By which they are ranked: the first that all of them have."""

    @classmethod
    def of(cls, folders: Mapping[str, Sequence[Path]]) -> PairRace | None:
        """Let every run answer. None if there are no validation pairs, or fewer than two kinds of models have answers.

        >>> PairRace.of({"gru": [Path("checkpoints/story")]}) is None
        True
        """
        answered = {kind: rows for kind, paths in folders.items() if (rows := _answered(paths))}
        measure = shared_measure([row.answers for rows in answered.values() for row in rows])
        if len(answered) < 2 or measure is None:
            return None
        ranked = {kind: sorted(rows, key=lambda row: -row.answers.merit_by(measure)) for kind, rows in answered.items()}

        def merit(kind: str) -> float:
            return statistics.fmean(row.answers.merit_by(measure) for row in ranked[kind])

        return cls({kind: ranked[kind] for kind in sorted(ranked, key=merit, reverse=True)}, measure)

    @property
    def sentence(self) -> str:
        """Which of the two best kinds is better, or that they cannot be told apart."""
        first, second, *_ = self.runs
        differences = [
            difference
            for ours in self.runs[first]
            for theirs in self.runs[second]
            for difference in compare_answers(ours.answers, theirs.answers)
            if difference.measure == self.measure
        ]
        return str(pool_differences(differences, names=(first, second)))

    @property
    def n_pairs(self) -> int:
        """How many pairs were answered."""
        return len(self._ranked[0].pairs)

    @property
    def best(self) -> ScoredPairs:
        """The best run of the best kind."""
        return self._ranked[0]

    def figure(self, row: ScoredPairs) -> float:
        """The measure of a run."""
        estimate = row.answers.compared[self.measure].estimate
        assert estimate is not None, "all runs have the measure"
        return estimate.value

    def store_places(self) -> None:
        """Write its place into the file of every run, so that commands which name no run take the best.

        Raises:
            RunError: a file cannot be written.
        """
        for place, row in enumerate(self._ranked, start=1):
            amend_model(row.model.path, race_place=place)

    @property
    def _ranked(self) -> list[ScoredPairs]:
        return [row for rows in self.runs.values() for row in rows]


def _answered(folders: Sequence[Path]) -> list[ScoredPairs]:
    """The answers of some runs to the validation pairs, without those of a run that has diverged."""
    rows = []
    for folder in folders:
        try:
            model = open_model(folder)
            (pair_set,) = pair_sets(model, TextSelection(part="valid"))
            rows.append(ScoredPairs.of(model, replace(pair_set, pairs=pair_set.pairs[:_MOST_PAIRS])))
        except (CorpusError, RunError):
            continue
    return rows
