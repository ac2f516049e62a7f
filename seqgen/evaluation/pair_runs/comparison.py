"""Which of several models answers the same pairs better: every two of them, and each beside its best baseline."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seqgen.evaluation.pair_runs.answers import Answers, shared_measure
from seqgen.evaluation.pair_runs.scored_pairs import ScoredPairs
from seqgen.evaluation.prediction_measures import PairedDifference, compare_outcomes, pool_differences


@dataclass(frozen=True)
class PairComparison:
    """Two models on the same pairs, compared by every measure."""

    first: ScoredPairs
    second: ScoredPairs
    differences: tuple[PairedDifference, ...]
    """The first is the one by which models are ranked."""

    @property
    def sentence(self) -> str:
        """Which of the two is better by the main measure."""
        return f"{self.first.pair_set.text_name}: {self.differences[0]}"

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, under the names that `seqgen eval --json` prints."""
        return {
            "compared": [str(row.model.path) for row in (self.first, self.second)],
            "text": self.first.pair_set.name,
            "difference": self.differences[0].to_json(),
            "differences": [difference.to_json() for difference in self.differences],
        }


def compare_runs(rows: Sequence[ScoredPairs]) -> list[PairComparison]:
    """Compare every two models that have answered the same pairs, and by the same measures.

    >>> compare_runs([])
    []
    """
    return [
        PairComparison(first, second, tuple(differences))
        for first, second in itertools.combinations(rows, 2)
        if first.pair_set.key == second.pair_set.key and (differences := compare_answers(first.answers, second.answers))
    ]


def compare_answers(first: Answers, second: Answers) -> list[PairedDifference]:
    """The differences of two lists of answers to the same pairs, by each measure that both have.

    An answer can have an error rate that another lacks: the nearest right target may be empty for one of them.

    >>> import numpy as np
    >>> from seqgen.evaluation.prediction_measures import measure_texts
    >>> letter, nothing = (
    ...     Answers(name="run", predictions=[text], is_right=np.array([True]), measures=measures)
    ...     for text, measures in ((text, measure_texts([text], [["", "x"]])) for text in ("x", ""))
    ... )
    >>> [difference.measure for difference in compare_answers(letter, nothing)]
    ['exact match']
    """
    ours, theirs = first.compared, second.compared
    names = (first.name, second.name)
    found = [compare_outcomes(ours[name], theirs[name], names=names) for name in ours if name in theirs]
    return [difference for difference in found if difference is not None]


def beside_best_baseline(rows: Sequence[ScoredPairs], *, name: str | None = None) -> PairedDifference | None:
    """How much better a run answers than the best baseline; None without baselines.

    The baselines are ranked by the first measure that all of them share with the run. Several runs that differ only in
    their seed, with the same baselines, are pooled under a `name`.

    >>> beside_best_baseline([]) is None
    True
    """
    baselines = rows[0].baselines if rows else ()
    measure = shared_measure([*(row.answers for row in rows), *baselines])
    if not baselines or measure is None:
        return None
    best = max(baselines, key=lambda baseline: baseline.merit_by(measure))
    found = [
        difference for row in rows for difference in compare_answers(row.answers, best) if difference.measure == measure
    ]
    return pool_differences(found, names=(name or rows[0].name, best.name)) if found else None
