"""Which of several models answers the same pairs better: every two of them, and each beside its best baseline."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seqgen.evaluation.pair_scores.answers import Answers
from seqgen.evaluation.pair_scores.scored_pairs import ScoredPairs
from seqgen.evaluation.pairs import PairedDifference, compare_outcomes


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
        PairComparison(first, second, tuple(compare_answers(first.answers, second.answers)))
        for first, second in itertools.combinations(rows, 2)
        if first.pair_set.key == second.pair_set.key and first.answers.main.measure == second.answers.main.measure
    ]


def compare_answers(first: Answers, second: Answers) -> list[PairedDifference]:
    """The differences of two lists of answers to the same pairs, by each measure."""
    outcomes = zip(first.measures.compared, second.measures.compared, strict=True)
    found = [compare_outcomes(one, other, names=(first.name, second.name)) for one, other in outcomes]
    return [difference for difference in found if difference is not None]


def beside_best_baseline(row: ScoredPairs) -> PairedDifference | None:
    """How much better a model answers than the best baseline; None without baselines."""
    if not row.baselines:
        return None
    best = max(row.baselines, key=lambda baseline: baseline.merit)
    return compare_answers(row.answers, best)[0]
