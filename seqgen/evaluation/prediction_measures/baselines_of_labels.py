"""Baselines for labels, which know no order of words: the commonest label, naive Bayes and logistic regression."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqgen.evaluation.prediction_measures.bags import Features, Vocabulary, character_ngrams, words
from seqgen.evaluation.prediction_measures.logistic_regression import LogisticRegression, logistic_regression_note
from seqgen.evaluation.prediction_measures.naive_bayes import NaiveBayes
from seqgen.waiting import waiting

_FEATURES: dict[str, Features] = {"words": words, "character n-grams": character_ngrams}
_LEARNERS: dict[str, type[NaiveBayes] | type[LogisticRegression]] = {
    "naive Bayes": NaiveBayes,
    "logistic regression": LogisticRegression,
}
_MOST_WEIGHTS = 4_000_000
"""Labels times features: more would take gigabytes to fit."""
_MOST_CHARACTERS = 10_000_000
"""Of training sources. More of them would take minutes."""


@dataclass(frozen=True, eq=False)
class LabelBaseline:
    """The probabilities that a baseline gives all labels for each source, (N, C), and how many pairs it learned from.

    >>> import numpy as np
    >>> LabelBaseline("commonest label", np.array([[0.7, 0.3]]), n_train=10).probabilities.argmax(axis=1).tolist()
    [0]
    """

    name: str
    probabilities: NDArray[np.float64]
    n_train: int


def label_baselines(
    train: Sequence[tuple[str, int]], sources: Sequence[str], *, n_labels: int
) -> Iterator[LabelBaseline]:
    """Predict the labels of sources by every baseline; `train` holds the source and the label id of each training pair.

    Logistic regression is left out where scikit-learn is not installed: `logistic_regression_note` says so. All but the
    first baseline learn from the first ten million characters of the training sources.

    >>> baselines = label_baselines([("good", 0), ("bad", 1), ("fine", 0)], ["bad", "good"], n_labels=2)
    >>> [next(baselines).name, next(baselines).name]
    ['commonest label', 'naive Bayes over words']
    """
    labels = np.array([label for _, label in train], dtype=np.int64)
    assert len(labels)
    shares = np.bincount(labels, minlength=n_labels) / len(labels)
    yield LabelBaseline("commonest label", np.tile(shares, (len(sources), 1)), len(labels))
    texts = _affordable([source for source, _ in train])
    labels = labels[: len(texts)]
    learners = dict(_LEARNERS)
    if logistic_regression_note() or len(set(labels.tolist())) == 1:
        del learners["logistic regression"]
    for kind, features in _FEATURES.items():
        vocabulary = Vocabulary(texts, features, most=_MOST_WEIGHTS // n_labels)
        known, asked = vocabulary.bags(texts), vocabulary.bags(sources)
        for learner, learn in learners.items():
            name = f"{learner} over {kind}"
            with waiting(f"fitting {name}"):
                model = learn(known, labels, shape=(n_labels, max(1, len(vocabulary))))
                probabilities = model.probabilities(asked)
            yield LabelBaseline(name, probabilities, len(texts))


def _affordable(texts: Sequence[str]) -> Sequence[str]:
    """The first of the training sources that are learned from, at least one."""
    ends = np.cumsum([len(text) for text in texts])
    return texts[: max(1, int(np.searchsorted(ends, _MOST_CHARACTERS, side="right")))]
