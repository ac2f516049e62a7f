"""Held-out pairs whose targets are texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

from seqgen.config import PredictionConfig
from seqgen.corpus import Pair
from seqgen.evaluation.pair_runs.answers import MOST_NOTES, Answers, Task
from seqgen.evaluation.pair_runs.loss import PairLoss, score_targets
from seqgen.evaluation.pair_runs.predicting import in_blocks
from seqgen.evaluation.prediction_measures import measure_texts, text_baselines, unite_sources
from seqgen.run import SavedModel
from seqgen.sampling import Predictor


@final
class TextTask(Task):
    """Pairs with texts as targets. Each different source is answered once, and all of its targets are right.

    With `ignores_case`, upper and lower case are the same for chrF and BLEU.

    >>> from seqgen.corpus import Pair
    >>> task = TextTask([Pair("a", "b"), Pair("a", "a")])
    >>> [answers.is_right.tolist() for answers in task.baselines([Pair("b", "c")])]
    [[True, True], [False, False]]
    """

    def __init__(self, pairs: Sequence[Pair], *, ignores_case: bool = False) -> None:
        self.pairs = pairs
        self._questions = unite_sources(pairs)
        self.sources = [question.source for question in self._questions]
        self._ignores_case = ignores_case

    def answer(self, model: SavedModel, config: PredictionConfig) -> tuple[Answers, PairLoss]:
        predictor = Predictor(model, config, most_notes=MOST_NOTES)
        found = [best for block in in_blocks(self.sources, predictor.predict) for best, *_ in block]
        probabilities = np.array([prediction.probability for prediction in found])
        texts = [prediction.target for prediction in found]
        answers = self._answers(model.name, texts, probabilities=probabilities, notes=predictor.new_notes())
        return answers, score_targets(model, self.pairs)

    def baselines(self, train: Sequence[Pair]) -> Iterator[Answers]:
        for baseline in text_baselines(train, self.sources):
            yield self._answers(baseline.name, baseline.answers)

    def _answers(
        self,
        name: str,
        texts: Sequence[str],
        *,
        probabilities: NDArray[np.float64] | None = None,
        notes: Sequence[str] = (),
    ) -> Answers:
        """`texts` has an answer to each question."""
        measures = measure_texts(
            texts, [question.targets for question in self._questions], lowercase=self._ignores_case
        )
        number_of = {source: number for number, source in enumerate(self.sources)}
        numbers = np.array([number_of[pair.source] for pair in self.pairs])  # the question of each pair
        return Answers(
            name=name,
            predictions=[texts[number] for number in numbers.tolist()],
            is_right=measures.exact.counts[numbers] == 1,
            measures=measures,
            probabilities=None if probabilities is None else probabilities[numbers],
            notes=notes,
        )
