"""Held-out pairs whose targets are labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqgen.config import PredictionConfig
from seqgen.corpus import Pair
from seqgen.evaluation.pair_runs.answers import MOST_NOTES, Answers, Task
from seqgen.evaluation.pair_runs.loss import PairLoss
from seqgen.evaluation.pair_runs.predicting import in_blocks
from seqgen.evaluation.prediction_measures import UNKNOWN_LABEL, label_baselines, measure_labels
from seqgen.evaluation.prediction_measures.labels import LEAST_PROBABILITY
from seqgen.run import SavedModel
from seqgen.sampling import Predictor


@final
class LabelTask(Task):
    """Pairs with one of some labels each; `labels` are in the order of their ids.

    >>> from seqgen.corpus import Pair
    >>> train = [Pair("good", "kind"), Pair("fine", "kind"), Pair("bad", "unkind")]
    >>> task = LabelTask([Pair("good", "kind"), Pair("poor", "unkind")], ["kind", "unkind"])
    >>> next(task.baselines(train)).predictions
    ['kind', 'kind']
    """

    def __init__(self, pairs: Sequence[Pair], labels: Sequence[str]) -> None:
        self.pairs = pairs
        self.sources = [pair.source for pair in pairs]
        self._labels = labels
        self._ids = {label: number for number, label in enumerate(labels)}
        self._unknown_labels = {pair.target for pair in pairs} - self._ids.keys()
        self._true: NDArray[np.int64] = np.array([self._ids.get(pair.target, UNKNOWN_LABEL) for pair in pairs])

    def answer(self, model: SavedModel, config: PredictionConfig) -> tuple[Answers, PairLoss]:
        predictor = Predictor(model, config, most_notes=MOST_NOTES)
        probabilities = np.concatenate(list(in_blocks(self.sources, predictor.probabilities)))
        answers = self._answers(model.name, probabilities, notes=predictor.new_notes())
        return answers, self._loss(probabilities)

    def baselines(self, train: Sequence[Pair]) -> Iterator[Answers]:
        # A run that began with a model of pairs has the labels of that model, which may lack some of its own.
        known = [(pair.source, self._ids[pair.target]) for pair in train if pair.target in self._ids]
        for baseline in label_baselines(known, self.sources, n_labels=len(self._labels)):
            yield self._answers(baseline.name, baseline.probabilities)

    def _answers(self, name: str, probabilities: NDArray[Any], *, notes: Sequence[str] = ()) -> Answers:
        best = probabilities.argmax(axis=1)
        return Answers(
            name=name,
            predictions=[self._labels[number] for number in best.tolist()],
            is_right=best == self._true,
            measures=measure_labels(
                probabilities, self._true, self._labels, n_unknown_labels=len(self._unknown_labels)
            ),
            probabilities=probabilities.max(axis=1),
            notes=notes,
        )

    def _loss(self, probabilities: NDArray[np.float64]) -> PairLoss:
        """The nats of the true labels, as the model predicts them."""
        known = np.flatnonzero(self._true != UNKNOWN_LABEL)
        nats = np.full(len(self.pairs), np.nan)
        nats[known] = -np.log(np.maximum(probabilities[known, self._true[known]], LEAST_PROBABILITY))
        return PairLoss(nats=nats, n_tokens=len(known), n_characters=None)
