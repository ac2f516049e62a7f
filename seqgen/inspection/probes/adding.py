"""The adding problem (Hochreiter & Schmidhuber 1997), with digits as tokens instead of real numbers.

A long row of digits is read. Two of them are marked, one in the first half and one in the second. Their sum is asked at
the end: a class from 0 to 18, where the original has a number and a squared error.
"""

from __future__ import annotations

import numpy as np

from seqgen.inspection.probes.base import Examples, Probe, ask_last

_N_DIGITS = 10
_EQUALS = 2 * _N_DIGITS
"""The id before the sum. A digit has its own value as id, plus `_N_DIGITS` if it is marked."""
_FIRST_SUM = _EQUALS + 1


def _draw(distance: int, n: int, random: np.random.Generator) -> Examples:
    """`distance` digits, the sign = and the sum."""
    digits = random.integers(0, _N_DIGITS, (n, distance))
    half, rows = distance // 2, np.arange(n)
    first, second = random.integers(0, half, n), random.integers(half, distance, n)
    sums = digits[rows, first] + digits[rows, second]
    ids = np.concatenate((digits, np.full((n, 1), _EQUALS), _FIRST_SUM + sums[:, None]), axis=1)
    ids[rows, first] += _N_DIGITS
    ids[rows, second] += _N_DIGITS
    return ask_last(ids, 1)


ADDING = Probe(
    name="adding",
    task="add the two marked digits of a long row",
    distance="digits in the row",
    symbols=(
        *map(str, range(_N_DIGITS)),
        *(f"[{digit}]" for digit in range(_N_DIGITS)),
        "=",
        *map(str, range(2 * _N_DIGITS - 1)),
    ),
    distances=(50, 60, 75, 100),
    chance=1 / _N_DIGITS,
    draw=_draw,
)
