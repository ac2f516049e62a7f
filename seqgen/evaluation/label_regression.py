"""Fits the table of a label expert: multinomial logistic regression over the rows of sources, with an L2 penalty.

A weight is the product of what is fitted and of what naive Bayes would give it, the logarithm of how much more often
sources of the label have the n-gram than others have it (after Wang & Manning 2012). So an n-gram that is rare, or
about as frequent with all labels, is penalised more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from seqgen.inference import NgramKinds, SourceRows, rows_of

_MOST_ITERATIONS = 60
_PSEUDO_COUNT = 3.0
"""What is added to how many sources of a label have an n-gram."""
_HISTORY = 10
"""Steps from which L-BFGS estimates the curvature."""


@final
class LabelRegression:
    """The training sources and their labels, ready to be fitted with one penalty after the other.

    >>> import numpy as np
    >>> from seqgen.inference import NgramKinds
    >>> regression = LabelRegression(["good", "bad"], np.array([0, 1]), kinds=NgramKinds(), shape=(64, 2))
    >>> table = regression.fit(penalty=1.0)
    >>> table.shape, bool(np.abs(table.sum(axis=1)).max() < 1e-3)  # what one label gains, the others lose
    ((64, 2), True)
    """

    def __init__(
        self, sources: Sequence[str], labels: NDArray[np.int64], *, kinds: NgramKinds, shape: tuple[int, int]
    ) -> None:
        """`shape` is that of the table: a power of two of rows, and the number of labels."""
        n_rows, n_labels = shape
        found = rows_of(sources, kinds, n_rows=n_rows)
        self._n_rows, self._n_sources = n_rows, len(sources)
        self._used, columns = np.unique(found.rows, return_inverse=True)
        self._times = _Product(found.values, found.starts, columns)
        self._transposed_times = _Product(*_transposed(found, columns, n_columns=len(self._used)))
        self._is_label = F.one_hot(torch.from_numpy(labels), n_labels).float()  # (N, C)
        self._scales = self._naive_bayes()
        self._factors = torch.zeros(len(self._used), n_labels)

    def fit(self, *, penalty: float) -> NDArray[np.float32]:
        """The table with the least log loss plus penalty / 2 times the sum of the squares of all factors.

        L-BFGS (Liu & Nocedal 1989) looks for it, from where the last fit ended and for a limited number of steps.
        """
        factors = self._factors.clone().requires_grad_()
        optimizer = torch.optim.LBFGS(
            [factors], max_iter=_MOST_ITERATIONS, history_size=_HISTORY, line_search_fn="strong_wolfe"
        )

        @torch.no_grad()
        def loss() -> Tensor:
            log_p = F.log_softmax(self._times(factors * self._scales), dim=1)  # (N, C)
            gradient = self._scales * self._transposed_times(log_p.exp() - self._is_label) + penalty * factors
            factors.grad = gradient / self._n_sources
            return (penalty / 2 * factors.square().sum() - (log_p * self._is_label).sum()) / self._n_sources

        optimizer.step(loss)  # type: ignore[no-untyped-call, unused-ignore]
        self._factors = factors.detach()
        table = np.zeros((self._n_rows, self._factors.shape[1]), np.float32)
        table[self._used] = (self._factors * self._scales).numpy()
        return table

    def _naive_bayes(self) -> Tensor:
        """By what factors are multiplied, (M, C): 1 in row 0, which every source has."""
        n_with = self._transposed_times.counting(self._is_label) + _PSEUDO_COUNT  # (M, C)
        n_without = n_with.sum(dim=1, keepdim=True) - n_with - (n_with.shape[1] - 2) * _PSEUDO_COUNT
        scales = torch.log(n_with / n_with.sum(dim=0)) - torch.log(n_without / n_without.sum(dim=0))
        scales[0] = 1.0
        return scales


@final
class _Product:
    """A sparse matrix, (N, M), that multiplies dense ones, (M, C) -> (N, C). It is given row by row."""

    def __init__(self, values: NDArray[np.float32], starts: NDArray[np.int64], columns: NDArray[np.int64]) -> None:
        self._columns = torch.from_numpy(columns)
        self._starts = torch.from_numpy(starts[:-1])
        self._values = torch.from_numpy(values)

    def __call__(self, dense: Tensor) -> Tensor:
        # Works on every machine, as torch's sparse matrices do not.
        return F.embedding_bag(self._columns, dense, self._starts, mode="sum", per_sample_weights=self._values)

    def counting(self, dense: Tensor) -> Tensor:
        """The product with every value of the matrix taken as 1."""
        return F.embedding_bag(self._columns, dense, self._starts, mode="sum")


def _transposed(
    found: SourceRows, columns: NDArray[Any], *, n_columns: int
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Values, starts and columns of the transposed matrix."""
    owners = np.repeat(np.arange(len(found.starts) - 1), np.diff(found.starts))
    order = np.argsort(columns, kind="stable")
    starts = np.concatenate(([0], np.cumsum(np.bincount(columns, minlength=n_columns))))
    return found.values[order], starts, owners[order]
