"""Which of several models answers the same pairs better: every two of them, and each beside its best baseline."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seqgen.evaluation.pair_runs.answers import Answers
from seqgen.evaluation.pair_runs.scored_pairs import ScoredPairs
from seqgen.evaluation.prediction_measures import PairedDifference, compare_outcomes


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


def beside_best_baseline(row: ScoredPairs) -> PairedDifference | None:
    """How much better a model answers than the best baseline; None without baselines.

    The baselines are ranked by the first measure that all of them share with the model.
    """
    shared = [name for name in row.answers.compared if all(name in each.compared for each in row.baselines)]
    if not row.baselines or not shared:
        return None
    best = max(row.baselines, key=lambda baseline: baseline.merit_by(shared[0]))
    return next((found for found in compare_answers(row.answers, best) if found.measure == shared[0]), None)
