"""How well labels are predicted: accuracy, F1, log loss, calibration, confusion, and the surest mistakes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.evaluation.prediction_measures.calibration import Calibration, calibrate
from seqgen.evaluation.prediction_measures.estimates import Estimate, share
from seqgen.evaluation.prediction_measures.outcomes import Outcomes, hits

UNKNOWN_LABEL = -1
"""The id of a label that the training part lacks. No model can predict it, so it counts as a mistake."""
LEAST_PROBABILITY = 1e-38
"""A smaller one counts as this in the log loss, so that one rounded to 0 does not make it infinite."""
_MOST_MISTAKES = 10


@dataclass(frozen=True)
class LabelScore:
    """How well one label is told from the others.

    >>> LabelScore("kind", n_true=8, n_predicted=4, n_right=3).f1
    0.5
    """

    label: str
    n_true: int
    """Pairs that have this label."""
    n_predicted: int
    """Pairs for which it was predicted."""
    n_right: int
    """Pairs for which it was rightly predicted."""

    @property
    def precision(self) -> float | None:
        """The share of its predictions that are right; None if it was never predicted."""
        return self.n_right / self.n_predicted if self.n_predicted else None

    @property
    def recall(self) -> float | None:
        """The share of its pairs for which it was predicted; None if it has none."""
        return self.n_right / self.n_true if self.n_true else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall, 0 if nothing is right; None if it does not occur at all."""
        total = self.n_true + self.n_predicted
        return 2 * self.n_right / total if total else None

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report."""
        numbers = {"n_true": self.n_true, "n_predicted": self.n_predicted, "n_right": self.n_right}
        return {"label": self.label, **numbers, "precision": self.precision, "recall": self.recall, "f1": self.f1}


@dataclass(frozen=True)
class Mistake:
    """A wrong answer of which the model was sure.

    >>> Mistake(pair=7, predicted="kind", probability=0.99, true="unkind").pair
    7
    """

    pair: int
    """Its number, from 0, in the order in which the pairs were given."""
    predicted: str
    probability: float
    """That of the predicted label."""
    true: str | None
    """None for a label that the training part lacks."""


@dataclass(frozen=True, eq=False, kw_only=True)
class LabelMeasures:
    """All that is measured about predicted labels.

    >>> import numpy as np
    >>> measures = measure_labels(np.array([[0.9, 0.1], [0.2, 0.8]]), [0, 0], ["kind", "unkind"])
    >>> measures.accuracy.value, measures.confusion.tolist(), measures.mistakes[0].predicted
    (0.5, [[1, 1], [0, 0]], 'unkind')
    """

    outcomes: Outcomes
    """Whether each pair is right; for comparisons and pictures."""
    accuracy: Estimate
    log_loss_nats: float | None
    """The mean of -ln p of the true labels that the training part has; None if there are none."""
    calibration: Calibration
    confusion: NDArray[np.int64]
    """How often each label (row) was taken for each (column); without labels that the training part lacks. (C, C)"""
    labels: tuple[LabelScore, ...]
    """In the order of their ids."""
    mistakes: tuple[Mistake, ...]
    """Up to ten of them, the surest first."""
    n_unknown: int
    """Pairs whose label the training part lacks."""
    n_unknown_labels: int = 0
    """Different labels of these pairs."""

    @property
    def compared(self) -> tuple[Outcomes, ...]:
        """By what models are ranked and compared."""
        return (self.outcomes,)

    @property
    def macro_f1(self) -> float:
        """The mean F1 of the labels that occur, true or predicted: rare labels count as much as common ones.

        That of a label that the training part lacks is 0.
        """
        scores = [label.f1 for label in self.labels if label.f1 is not None]
        return sum(scores) / (len(scores) + self.n_unknown_labels)

    @property
    def log_loss_bits(self) -> float | None:
        """The log loss in bits."""
        return None if self.log_loss_nats is None else self.log_loss_nats / math.log(2)

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report."""
        return {
            "n_pairs": len(self.outcomes.counts),
            "n_unknown_labels": self.n_unknown,
            **self.accuracy.to_json("accuracy"),
            "macro_f1": self.macro_f1,
            "log_loss_nats": self.log_loss_nats,
            "log_loss_bits": self.log_loss_bits,
            "calibration_error": self.calibration.error,
            "calibration": self.calibration.to_json(),
            "labels": [label.to_json() for label in self.labels],
            "confusion": self.confusion.tolist(),
            "mistakes": [vars(mistake).copy() for mistake in self.mistakes],
        }


def measure_labels(
    probabilities: NDArray[Any],
    targets: Sequence[int] | NDArray[Any],
    names: Sequence[str],
    *,
    n_unknown_labels: int = 0,
) -> LabelMeasures:
    """Measure the probabilities of all labels for each pair, (N, C), against the ids of the true labels.

    The likeliest label is the answer; of several that are equally likely, the one with the lowest id. A true label may
    be `UNKNOWN_LABEL`, which stands for so many different ones.

    >>> import numpy as np
    >>> print(measure_labels(np.array([[0.9, 0.1], [0.2, 0.8]]), [0, 1], ["kind", "unkind"]).accuracy)
    100.0 % (34.2 to 100.0)
    """
    true, n_labels = np.asarray(targets, dtype=np.int64), len(names)
    assert len(probabilities) == len(true) > 0 and probabilities.shape[1] == n_labels
    predicted = probabilities.argmax(axis=1)
    confidences = probabilities.max(axis=1).astype(np.float64)
    is_right, known = predicted == true, np.flatnonzero(true != UNKNOWN_LABEL)
    cells = np.bincount(true[known] * n_labels + predicted[known], minlength=n_labels**2)
    n_true, n_predicted = (np.bincount(ids, minlength=n_labels) for ids in (true[known], predicted))
    confusion = cells.reshape(n_labels, n_labels)
    columns = (n_true.tolist(), n_predicted.tolist(), confusion.diagonal().tolist())
    return LabelMeasures(
        outcomes=hits(is_right),
        accuracy=share(int(is_right.sum()), len(true)),
        log_loss_nats=_log_loss(probabilities[known, true[known]]),
        calibration=calibrate(confidences, is_right),
        confusion=confusion,
        labels=tuple(LabelScore(name, *counts) for name, *counts in zip(names, *columns, strict=True)),
        mistakes=tuple(_surest_mistakes(predicted, true, confidences=confidences, names=names)),
        n_unknown=len(true) - len(known),
        n_unknown_labels=n_unknown_labels,
    )


def _log_loss(probabilities: NDArray[Any]) -> float | None:
    """The mean nats of these probabilities."""
    if not len(probabilities):
        return None
    return float(-np.log(np.maximum(probabilities.astype(np.float64), LEAST_PROBABILITY)).mean())


def _surest_mistakes(
    predicted: NDArray[np.int64], true: NDArray[np.int64], *, confidences: NDArray[np.float64], names: Sequence[str]
) -> list[Mistake]:
    """The wrong answers with the highest probabilities; of equally sure ones, the earlier pair first."""
    order = np.argsort(-confidences, kind="stable")
    wrong = order[(predicted != true)[order]][:_MOST_MISTAKES].tolist()
    return [
        Mistake(
            pair,
            names[predicted[pair]],
            float(confidences[pair]),
            None if true[pair] == UNKNOWN_LABEL else names[true[pair]],
        )
        for pair in wrong
    ]
