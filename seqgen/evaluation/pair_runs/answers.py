"""What is answered to the sources of some pairs, by a model or by a baseline, and how good the answers are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.config import PredictionConfig
from seqgen.corpus import Pair
from seqgen.evaluation.pair_runs.loss import PairLoss
from seqgen.evaluation.prediction_measures import LabelMeasures, Outcomes, TextMeasures
from seqgen.evaluation.prediction_measures.outcomes import Measure
from seqgen.run import SavedModel

Measures = LabelMeasures | TextMeasures

N_MISTAKES = 10
MOST_NOTES = 3
"""Notes about single unknown characters and words of sources: held-out sources often have many."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """The answers to N pairs and their measures.

    >>> import numpy as np
    >>> from seqgen.evaluation.prediction_measures import measure_texts
    >>> measures = measure_texts(["2", "3"], [["two"], ["3"]])
    >>> answers = Answers(
    ...     name="copied source", predictions=("2", "3"), is_right=np.array([False, True]), measures=measures
    ... )
    >>> answers.main.measure, answers.merit_by("exact match")
    ('character error rate', 0.5)
    """

    name: str
    """Of the run or of the baseline."""
    predictions: Sequence[str]
    """The answer to each pair."""
    is_right: NDArray[np.bool_]
    """Whether each is right; an answer that is any of the targets of its source is. (N,)"""
    measures: Measures
    probabilities: NDArray[np.float64] | None = None
    """The probability of each answer; None for baselines that have none. (N,)"""
    notes: Sequence[str] = ()
    """What had to be changed in sources, in words."""

    @property
    def main(self) -> Outcomes:
        """The outcomes by which answers are ranked: accuracy of labels, character error rate of texts.

        Exact match takes the place of the character error rate where all nearest targets are empty.
        """
        return self.measures.compared[0]

    @property
    def compared(self) -> dict[Measure, Outcomes]:
        """The outcomes by each measure that the answers have, the main one first."""
        return {outcomes.measure: outcomes for outcomes in self.measures.compared}

    def merit_by(self, measure: Measure) -> float:
        """A number that is higher for better answers to the same pairs, by one of their measures."""
        outcomes = self.compared[measure]
        estimate = outcomes.estimate
        assert estimate is not None, "measures without an estimate are not compared"
        return -estimate.value if outcomes.is_error else estimate.value

    def surest_mistakes(self, sources: Sequence[str]) -> list[int]:
        """The numbers of up to ten pairs with wrong answers, the most probable answers first, each source once."""
        if self.probabilities is None:
            return []
        order = np.argsort(-self.probabilities, kind="stable")
        wrong = order[~self.is_right[order]].tolist()
        first_of: dict[str, int] = {}
        for number in wrong:
            first_of.setdefault(sources[number], number)
        return list(first_of.values())[:N_MISTAKES]

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report. Of baselines, single mistakes are not in it."""
        numbers = {name: value for name, value in self.measures.to_json().items() if name != "mistakes"}
        return {"name": self.name, **numbers}


def shared_measure(answers: Sequence[Answers]) -> Measure | None:
    """The first measure that all of these answers have, by which they can be ranked; None if there is none.

    Answers to the same pairs can lack an error rate that others have: the nearest right target may be empty for them.

    >>> shared_measure([]) is None
    True
    """
    measures: Iterable[Measure] = answers[0].compared if answers else ()
    return next((measure for measure in measures if all(measure in each.compared for each in answers)), None)


class Task(ABC):
    """Held-out pairs, and how answers to their sources are measured: as labels, or as texts."""

    pairs: Sequence[Pair]
    sources: Sequence[str]
    """The source of each outcome. Texts have one for each different source, labels one for each pair."""

    @abstractmethod
    def answer(self, model: SavedModel, config: PredictionConfig) -> tuple[Answers, PairLoss]:
        """What a model answers, and what the true targets cost it."""

    @abstractmethod
    def baselines(self, train: Sequence[Pair]) -> Iterator[Answers]:
        """What every baseline answers that has learned from these pairs."""
