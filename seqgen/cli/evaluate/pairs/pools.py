"""Runs of pairs that differ in nothing but their seed: their means, and how they stand to others."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from seqgen.cli.evaluate.seeds import pooled, pooled_name

if TYPE_CHECKING:
    from seqgen.evaluation.pair_runs import PairComparison, ScoredPairs
    from seqgen.evaluation.prediction_measures import Measure, PairedDifference

FIGURES = (
    *("nats_per_target", "bits_per_target", "nats_per_character", "bits_per_character"),
    *("accuracy", "macro_f1", "log_loss_nats", "calibration_error"),
    *("exact_match", "character_error_rate", "word_error_rate", "chrf", "bleu"),
)
"""What means are taken of, by the names of the report."""


@dataclass(frozen=True)
class PairPool:
    """Runs on the same pairs that differ in nothing but their seed; mostly a single run."""

    rows: Sequence[ScoredPairs]

    @property
    def name(self) -> str:
        """The name of the run, or what the names of several have in common."""
        return pooled_name([row.name for row in self.rows])

    @cached_property
    def means(self) -> dict[str, float]:
        """The mean of each figure that all runs have; of a single run, the figure itself."""
        return {key: statistics.fmean(values) for key, values in self._values.items()}

    @cached_property
    def deviations(self) -> dict[str, float]:
        """The standard deviation of each figure that all runs have; nothing for a single run."""
        if len(self.rows) == 1:
            return {}
        return {key: statistics.stdev(values) for key, values in self._values.items()}

    @cached_property
    def _values(self) -> dict[str, list[float]]:
        reports = [{**row.loss.to_json(), **row.answers.measures.to_json()} for row in self.rows]
        shared = [key for key in FIGURES if all(report.get(key) is not None for report in reports)]
        return {key: [report[key] for report in reports] for key in shared}

    def merit_by(self, measure: Measure) -> float:
        """A number that is higher for better answers to the same pairs; the mean of several runs."""
        return statistics.fmean(row.answers.merit_by(measure) for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report on several runs."""
        first = self.rows[0]
        return {
            "pooled": [str(row.model.path) for row in self.rows],
            "name": self.name,
            "text": first.pair_set.name,
            "part": first.pair_set.part,
            "mean": self.means,
            "standard_deviation": self.deviations,
        }


def pair_pools(rows: Sequence[ScoredPairs]) -> list[PairPool]:
    """The runs, those together that differ only in their seed."""
    groups = pooled(rows, model_of=lambda row: row.model, scored_on=lambda row: row.pair_set.key)
    return [PairPool(group) for group in groups]


def compare_pools(
    pools: Sequence[PairPool], comparisons: Sequence[PairComparison]
) -> Iterator[tuple[PairPool, list[PairedDifference]]]:
    """For every two pools whose runs were compared: the first, and how it differs from the other by each measure."""
    from seqgen.evaluation.prediction_measures import pool_differences

    for first, second in itertools.combinations(pools, 2):
        by_measure: dict[Measure, list[PairedDifference]] = {}
        for difference in _between(first, second, comparisons):
            by_measure.setdefault(difference.measure, []).append(difference)
        if by_measure:
            names = (first.name, second.name)
            yield first, [pool_differences(found, names=names) for found in by_measure.values()]


def _between(first: PairPool, second: PairPool, comparisons: Sequence[PairComparison]) -> Iterator[PairedDifference]:
    """The differences of each run of one pool from each run of another."""
    ours, theirs = ({id(row) for row in pool.rows} for pool in (first, second))
    for comparison in comparisons:
        one, other = id(comparison.first), id(comparison.second)
        if one in ours and other in theirs:
            yield from comparison.differences
        elif one in theirs and other in ours:
            yield from (difference.reversed for difference in comparison.differences)


def within_pools(pools: Sequence[PairPool], comparisons: Sequence[PairComparison]) -> list[PairComparison]:
    """The comparisons of runs that differ only in their seed."""
    pool_of = {id(row): number for number, pool in enumerate(pools) for row in pool.rows}
    return [pair for pair in comparisons if pool_of[id(pair.first)] == pool_of[id(pair.second)]]
