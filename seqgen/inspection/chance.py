"""Correlations of a few features with many units over a text, and how often chance alone gives such correlations.

Neighbouring characters are not independent: a unit that changes slowly correlates with any feature that changes slowly,
over the few stretches that a text has. So a correlation is compared with those of the same unit with the same feature
from elsewhere in the text, shifted in a circle. Their mean square over all shifts follows from the two power spectra
(the circular cross-correlation theorem), so that nothing need be shifted. One over it is the number of characters that
count as independent; with it, the usual test of a correlation applies (Fisher 1915).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

_UNITS_AT_ONCE = 64
"""Units whose spectra are in memory together."""
_MOST = 1 - 1e-12
"""A correlation of 1 has no Fisher transform."""
_FEWEST = 4.0
"""Fewer independent characters than this cannot show anything."""


def correlations(units: NDArray[Any], features: Numbers) -> tuple[Numbers, Numbers]:
    """The correlation of each unit with each feature, and the characters that count as independent: (U, F) both.

    The arguments are (U, T) and (F, T). A unit or feature that never changes correlates with nothing.

    >>> rng = np.random.default_rng(0)
    >>> noise = rng.normal(size=(2, 10000)).astype(np.float32)
    >>> r, n = correlations(noise, noise[:1].astype(np.float64))
    >>> (r > 0.5).tolist(), n.round(-3).tolist()  # shifts of a unit against itself vary twice as much
    ([[True], [False]], [[5000.0], [10000.0]])
    >>> slow = noise.cumsum(axis=1)  # correlates with itself over long stretches
    >>> bool((correlations(slow, slow[:1].astype(np.float64))[1] < 100).all())
    True
    """
    standard = _standardised(features)
    spectra = _spectra(standard)  # (F, T/2+1)
    r = np.zeros((len(units), len(features)))
    n = np.ones_like(r)
    for block in _blocks(len(units)):
        values = _standardised(units[block].astype(np.float64))
        r[block] = values @ standard.T / values.shape[1]
        mean_square = _spectra(values) @ spectra.T  # of the correlations over all circular shifts
        n[block] = 1 / np.maximum(mean_square, 1 / values.shape[1])
    return r, n


def beyond_token(values: NDArray[Any], ids: NDArray[np.int64]) -> Numbers:
    """Rows over the tokens of a text, less the mean of each row over all places of the same token.

    What is left is not explained by the present token.

    >>> beyond_token(np.array([[1.0, 2.0, 5.0, 4.0]]), np.array([7, 3, 7, 3])).tolist()
    [[-2.0, -1.0, 2.0, 1.0]]
    """
    _, place, counts = np.unique(ids, return_inverse=True, return_counts=True)
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    sums = np.add.reduceat(values[:, np.argsort(place, kind="stable")], starts, axis=1, dtype=np.float64)
    rest: Numbers = values - (sums / counts)[:, place]
    return rest


def deviations(r: Numbers, n: Numbers) -> Numbers:
    """Correlations as standard deviations of chance, by Fisher's transform.

    >>> deviations(np.array([0.0, 0.5]), np.array([103.0, 103.0])).round(1).tolist()
    [0.0, 5.5]
    """
    scores: Numbers = fisher(r) * np.sqrt(np.maximum(n - 3, 0)) * (n > _FEWEST)
    return scores


def fisher(r: Numbers) -> Numbers:
    """Fisher's transform of correlations, under which chance is nearly normal.

    >>> fisher(np.array([0.0, 0.5])).round(2).tolist()
    [0.0, 0.55]
    """
    transformed: Numbers = np.arctanh(np.clip(r, -_MOST, _MOST))
    return transformed


def one_sided_p(deviation: float) -> float:
    """How often chance reaches so many standard deviations or more.

    >>> round(one_sided_p(1.645), 3)
    0.05
    """
    return 0.5 * math.erfc(deviation / math.sqrt(2))


def _standardised(values: Numbers) -> Numbers:
    """Each row with mean 0 and mean square 1; a row that never changes becomes 0."""
    centred = values - values.mean(axis=1, keepdims=True)
    scale = np.sqrt((centred**2).mean(axis=1, keepdims=True))
    is_still = scale <= 1e-7 * (np.abs(values).max(axis=1, keepdims=True) + 1e-30)
    standard: Numbers = np.where(is_still, 0.0, centred / np.where(is_still, 1.0, scale))
    return standard


def _spectra(standard: Numbers) -> Numbers:
    """The share of each frequency in the power of each row, scaled so that a product of two rows is a mean square."""
    n = standard.shape[1]
    power = np.abs(np.fft.rfft(standard, axis=1)) ** 2 / n**2  # (R, T/2+1)
    power[:, 1 : (n + 1) // 2] *= math.sqrt(2)  # these stand for two frequencies each, one in either direction
    scaled: Numbers = power
    return scaled


def _blocks(n: int) -> Iterator[slice]:
    return (slice(first, first + _UNITS_AT_ONCE) for first in range(0, n, _UNITS_AT_ONCE))
