"""A product of rows and a matrix in which the bits of a row depend on no other row.

A product of a library for linear algebra (BLAS) does not promise that. For OpenBLAS 0.3.31 on a processor with AVX-512
it was measured: a row alone, few rows and many rows go through three programs, which sum in different orders. Within
one of them, the number and the place of the other rows change nothing, if the matrix has a multiple of 16 columns. The
two for more than one row even agree, as long as no more than 448 numbers are summed at a time: each sum is then one
chain of multiply-adds. So a product here is cut into sums of at most 320 terms, which are added in order; a matrix gets
columns of zeros up to the next multiple of 16; and there are always two rows or more. That costs 2 to 5 % for a hundred
rows of a matrix of 513 x 2048. The other ways cost more: blocks of 32 rows, filled up with idle ones, are as fast for
many rows and 7 times as slow for few, and one row at a time, which is exact by its nature, takes 2.4 times as long. Few
rows are multiplied by a few columns at a time, because the program for small products does not copy the matrix first:
for four rows this takes a quarter of the time. Another processor or library may sum in another way. So `RowProducts.of`
tries the sums with the shapes at hand, and falls back to shorter ones, and at last to one row at a time.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, final

import numpy as np

from seqgen.inference.base import Array

MULTIPLE = 4
"""The number of rows should be a multiple of this: others are no faster."""
_SUM_LENGTHS = (320, 256, 128)
"""Numbers that are summed at a time, at most: the first of these that keeps the bits of a row is taken."""
_TRIED_ROWS = (4, 8, 12, 20, 32, 48, 100)
_COLUMN_MULTIPLE = 16
_SMALL = 1_000_000
"""Up to so many multiplications, OpenBLAS does not copy the matrix before it multiplies."""
_FEW_ROWS = 32
"""For more rows than these, copying the matrix costs little."""
_LEAST_COLUMNS = 64


class _Part(NamedTuple):
    """A part of a matrix: some of its rows, whose products are summed, and some of its columns."""

    summed: slice
    columns: slice
    matrix: Array
    is_first: bool
    """Whether it is the first that is summed for its columns."""


class _Plan(NamedTuple):
    """How a matrix is multiplied by a number of rows."""

    n_columns: int
    """With those of zeros."""
    parts: list[_Part]

    @classmethod
    def of(cls, wide: Array, n_rows: int, *, longest_sum: int) -> _Plan:
        """Sums of at most this length, column by column of a matrix with a multiple of 16 columns."""
        n_summed, n_columns = wide.shape
        n_sums = math.ceil(n_summed / longest_sum)
        bounds = [n_summed * number // n_sums for number in range(n_sums + 1)]
        n_at_once = n_columns
        if n_rows <= _FEW_ROWS:
            n_small = _SMALL // (n_rows * math.ceil(n_summed / n_sums)) // _LEAST_COLUMNS * _LEAST_COLUMNS
            n_at_once = max(_LEAST_COLUMNS, n_small)
        parts = [
            _Part(slice(*ends), columns, wide[slice(*ends), columns], is_first=ends[0] == 0)
            for columns in (slice(first, first + n_at_once) for first in range(0, n_columns, n_at_once))
            for ends in itertools.pairwise(bounds)
        ]
        return cls(n_columns, parts)


@final
class RowProducts:
    """What multiplies two or more rows by a matrix, so that no row depends on another: `np.matmul` for slots.

    `longest_sum` is how many numbers are summed at a time. None multiplies one row at a time.

    >>> import numpy as np
    >>> from seqgen.inference.row_products import RowProducts
    >>> rng = np.random.default_rng(0)
    >>> rows, matrix = rng.normal(size=(100, 513)), rng.normal(size=(513, 65))
    >>> multiply = RowProducts.of([matrix.shape], matrix.dtype)
    >>> bool((multiply(rows[40:44], matrix) == multiply(rows, matrix)[40:44]).all())
    True
    """

    def __init__(self, longest_sum: int | None) -> None:
        self.longest_sum = longest_sum
        self._wide: dict[int, tuple[Array, Array]] = {}
        """By the id of a matrix: the matrix itself, so that no other one gets its id, and the one with more columns."""
        self._plans: dict[tuple[int, int], _Plan] = {}
        """By the id of a matrix and the number of rows."""

    @classmethod
    def of(cls, shapes: Iterable[Sequence[int]], dtype: np.dtype[Any]) -> RowProducts:
        """The fastest way that keeps the bits of every row with matrices of these shapes on this machine."""
        different = {tuple(shape) for shape in shapes}
        for longest_sum in _SUM_LENGTHS:
            if all(_keeps_rows(longest_sum, shape, dtype) for shape in different):
                return cls(longest_sum)
        return cls(None)

    def __call__(self, rows: Array, matrix: Array, out: Array | None = None) -> Array:
        """rows @ matrix, (M, K) and (K, N) -> (M, N), into `out` if it is given."""
        result = np.empty((len(rows), matrix.shape[1]), rows.dtype) if out is None else out
        if self.longest_sum is None:
            np.matmul(rows[:, None], matrix, out=result[:, None])
            return result
        assert len(rows) > 1, "a row alone is multiplied in another way"
        plan = self._plans.get((id(matrix), len(rows)))
        if plan is None:
            plan = _Plan.of(self._widened(matrix), len(rows), longest_sum=self.longest_sum)
            self._plans[id(matrix), len(rows)] = plan
        n_columns = matrix.shape[1]
        sums = result if plan.n_columns == n_columns else np.empty((len(rows), plan.n_columns), rows.dtype)
        for summed, columns, part, is_first in plan.parts:
            if is_first:
                np.matmul(rows[:, summed], part, out=sums[:, columns])
            else:
                sums[:, columns] += np.matmul(rows[:, summed], part)
        if sums is not result:
            result[:] = sums[:, :n_columns]
        return result

    def _widened(self, matrix: Array) -> Array:
        """The matrix with columns of zeros up to the next multiple of 16. All threads get the same one."""
        n_missing = -matrix.shape[1] % _COLUMN_MULTIPLE
        wide = np.pad(matrix, ((0, 0), (0, n_missing))) if n_missing else matrix
        return self._wide.setdefault(id(matrix), (matrix, wide))[1]


@functools.cache
def _keeps_rows(longest_sum: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> bool:
    """Whether rows have the same products among few other rows and among many, wherever they stand."""
    multiply, rng = RowProducts(longest_sum), np.random.default_rng(0)
    rows, matrix = (rng.normal(size=size).astype(dtype) for size in ((max(_TRIED_ROWS), shape[0]), shape))
    expected = multiply(rows, matrix)
    chosen = (rng.permutation(len(rows))[:n_rows] for n_rows in _TRIED_ROWS)
    return all(np.array_equal(multiply(rows[numbers], matrix), expected[numbers]) for numbers in chosen)
