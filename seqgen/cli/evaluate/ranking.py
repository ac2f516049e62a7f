"""Which runs are better than which: one ranking of the runs on a text, in groups that cannot be told apart."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqgen.cli.evaluate.seeds import pooled, pooled_name

if TYPE_CHECKING:
    from seqgen.evaluation import Comparison, ScoredReading

Certainty = Mapping[tuple[int, int], bool]
"""The ids of two scored readings, the better one first -> whether the difference is certain."""


@dataclass(frozen=True)
class Pool:
    """The readings of one text by runs that differ in nothing but their seed; mostly by a single run."""

    rows: Sequence[ScoredReading]

    @property
    def name(self) -> str:
        """The name of the run, or what the names of several have in common."""
        return pooled_name([row.reading.run_name for row in self.rows])

    def mean(self, figure: str) -> float | None:
        """The mean of a figure of the scores; None if there is none."""
        values = self._values(figure)
        return statistics.fmean(values) if len(values) > 1 else next(iter(values), None)

    def deviation(self, figure: str) -> float | None:
        """The standard deviation of a figure; None for a single run."""
        values = self._values(figure)
        return statistics.stdev(values) if len(values) > 1 else None

    def _values(self, figure: str) -> list[float]:
        values = [getattr(row.score, figure) for row in self.rows]
        return [value for value in values if value is not None]


def pools_of(rows: Sequence[ScoredReading]) -> list[Pool]:
    """The rows, those together that differ only in the seed of their training; in the order of the first of each."""
    groups = pooled(
        rows,
        model_of=lambda row: row.reading.saved,
        scored_on=lambda row: (row.reading.text_key, str(row.reading.mode)),
    )
    return [Pool(group) for group in groups]


def across_pools(rows: Sequence[ScoredReading], comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The comparisons of runs that differ in more than their seed."""
    pool_of = {id(row): number for number, pool in enumerate(pools_of(rows)) for row in pool.rows}
    return [pair for pair in comparisons if pool_of[id(pair.first)] != pool_of[id(pair.second)]]


def certainty_of(comparisons: Sequence[Comparison]) -> Certainty:
    """Which differences between two readings are certain. Pairs that could not be compared are left out."""
    certain: dict[tuple[int, int], bool] = {}
    for comparison in comparisons:
        if (difference := comparison.difference) is not None:
            pair = id(comparison.first), id(comparison.second)
            certain[pair if difference.bits_per_byte < 0 else pair[::-1]] = difference.is_certain
    return certain


def groups_of(pools: Sequence[Pool], certain: Certainty) -> list[list[Pool]]:
    """The pools, best first, in groups: a pool begins a new group if it is surely worse than the first of the group.

    Of two pools of several seeds, one is surely worse if each of its runs is worse than each run of the other. Pools
    without bits, which cannot be compared, are left out.
    """
    groups: list[list[Pool]] = []
    bits = {number: pool.mean("bits_per_byte") for number, pool in enumerate(pools)}
    for _, number in sorted((mean, number) for number, mean in bits.items() if mean is not None):
        pool = pools[number]
        if groups and not _is_surely_worse(pool, groups[-1][0], certain):
            groups[-1].append(pool)
        else:
            groups.append([pool])
    return groups


def _is_surely_worse(worse: Pool, better: Pool, certain: Certainty) -> bool:
    return all(certain.get((id(good), id(bad)), False) for good in better.rows for bad in worse.rows)


def ranking_sentences(rows: Sequence[ScoredReading], comparisons: Sequence[Comparison]) -> Iterator[str]:
    """For every text that more than two runs have read, the order of the runs in one sentence.

    Runs that have no text in common cannot be compared, which is said instead.
    """
    certain = certainty_of(comparisons)
    n_runs = len({str(row.reading.saved.path) for row in rows})
    if n_runs > 1 and len({row.reading.text_key for row in rows}) == len(rows):
        yield "these runs were scored on different texts; --on FILE compares them on one text"
    for key in dict.fromkeys(row.reading.text_key for row in rows):
        own = [row for row in rows if row.reading.text_key == key]
        pools = pools_of(own)
        if len(own) > 2 and len(pools) > 1 and certain:
            yield f"{own[0].reading.text_name}, best first: {'; then '.join(map(_in_words, groups_of(pools, certain)))}"


def places_of(rows: Sequence[ScoredReading], comparisons: Sequence[Comparison]) -> list[dict[str, int | None]]:
    """For each row, its rank among the runs on its text, and the number of its group; both begin with 1.

    Runs that differ only in their seed have the same rank. There is no rank without bits, and no group where no two
    runs could be compared.
    """
    certain = certainty_of(comparisons)
    compared = {number for pair in certain for number in pair}
    places: dict[int, dict[str, int | None]] = {}
    for key in {row.reading.text_key for row in rows}:
        own = [row for row in rows if row.reading.text_key == key]
        groups = groups_of(pools_of(own), certain)
        has_groups = any(id(row) in compared for row in own)
        ranked = [(number, pool) for number, group in enumerate(groups, 1) for pool in group]
        for rank, (number, pool) in enumerate(ranked, 1):
            place = {"rank": rank, "group": number if has_groups else None}
            places.update({id(row): place for row in pool.rows})
    return [places.get(id(row), {"rank": None, "group": None}) for row in rows]


def _in_words(group: Sequence[Pool]) -> str:
    names = [pool.name for pool in group]
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} and {names[-1]}, which cannot be told apart"
