"""Multinomial naive Bayes: the classic baseline for labels, which only counts."""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import NDArray

from seqgen.evaluation.prediction_measures.bags import Bags

_PSEUDO_COUNT = 1.0
"""What is added to the count of every feature with every label (Laplace)."""


@final
class NaiveBayes:
    """p(label | bag) ∝ p(label) × the product of p(feature | label) over the bag (McCallum & Nigam 1998).

    Every probability is a share of the training bags; those of features are smoothed.

    >>> import numpy as np
    >>> from seqgen.evaluation.prediction_measures import Vocabulary, words
    >>> vocabulary = Vocabulary(["good", "bad"], words, most=10)
    >>> model = NaiveBayes(vocabulary.bags(["good", "bad"]), np.array([0, 1]), shape=(2, len(vocabulary)))
    >>> model.probabilities(vocabulary.bags(["good", ""])).round(3).tolist()
    [[0.667, 0.333], [0.5, 0.5]]
    """

    def __init__(self, bags: Bags, labels: NDArray[np.int64], *, shape: tuple[int, int]) -> None:
        """Count. `shape` is the number of labels C, and that of features F."""
        n_labels, n_features = shape
        cells = labels[bags.owners] * n_features + bags.ids
        found = np.bincount(cells, weights=bags.counts, minlength=n_labels * n_features)
        counts = found.reshape(shape) + _PSEUDO_COUNT
        self._log_features = np.log(counts) - np.log(counts.sum(axis=1, keepdims=True))  # (C, F)
        with np.errstate(divide="ignore"):  # a label without training pairs has probability 0
            self._log_labels = np.log(np.bincount(labels, minlength=n_labels) / len(labels))  # (C,)

    def probabilities(self, bags: Bags) -> NDArray[np.float64]:
        """Those of all labels for each text. (N, C)"""
        n_texts, owners = len(bags.starts) - 1, bags.owners
        logits = np.stack(
            [
                np.bincount(owners, weights=bags.counts * log_features[bags.ids], minlength=n_texts)
                for log_features in self._log_features
            ],
            axis=1,
        )
        logits = logits + self._log_labels  # (N, C)
        likely = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities: NDArray[np.float64] = likely / likely.sum(axis=1, keepdims=True)
        return probabilities
