"""Logistic regression over bags of words or of character n-grams: the strongest of the simple baselines for labels.

scikit-learn, which is an extra, fits it.
"""

from __future__ import annotations

import importlib.util
import warnings
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqgen.evaluation.prediction_measures.bags import Bags

_INVERSE_PENALTY = 10.0
"""scikit-learn's C."""
_MOST_ITERATIONS = 1000
_TOLERANCE = 1e-4


def logistic_regression_note() -> str | None:
    """What to do for logistic regression; None if it can be fitted.

    >>> logistic_regression_note() in (None, "logistic regression needs another package: pip install scikit-learn")
    True
    """
    if importlib.util.find_spec("sklearn") is None:
        return "logistic regression needs another package: pip install scikit-learn"
    return None


@final
class LogisticRegression:
    """Multinomial logistic regression with an L2 penalty, over tf-idf: 1 + ln of each count, times how rare it is.

    The penalty was chosen on the validation parts of the two sets of `benchmarks/pair_yardsticks.py`.
    """

    def __init__(self, bags: Bags, labels: NDArray[np.int64], *, shape: tuple[int, int]) -> None:
        """Fit. `shape` is the number of labels C, and that of features F; two labels at least occur."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.feature_extraction.text import TfidfTransformer
        from sklearn.linear_model import LogisticRegression as Regression

        self._n_labels, self._n_features = shape
        self._weigh: Any = TfidfTransformer(sublinear_tf=True)
        features = self._weigh.fit_transform(self._matrix(bags))
        self._regression: Any = Regression(C=_INVERSE_PENALTY, max_iter=_MOST_ITERATIONS, tol=_TOLERANCE)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self._regression.fit(features, labels)

    def probabilities(self, bags: Bags) -> NDArray[np.float64]:
        """Those of all labels for each text; 0 for labels without training pairs. (N, C)"""
        found = self._regression.predict_proba(self._weigh.transform(self._matrix(bags)))
        probabilities = np.zeros((len(found), self._n_labels))
        probabilities[:, self._regression.classes_] = found
        return probabilities

    def _matrix(self, bags: Bags) -> Any:
        """The bags as a sparse matrix. (N, F)"""
        from scipy.sparse import csr_matrix

        return csr_matrix((bags.counts, bags.ids, bags.starts), shape=(len(bags.starts) - 1, self._n_features))
