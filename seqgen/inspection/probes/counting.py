"""Counting: n times a, n times b, the end (Gers & Schmidhuber 2001). Who has lost count ends too early or too late."""

from __future__ import annotations

import numpy as np

from seqgen.inspection.probes.base import Examples, Probe

_END, _A, _B = 0, 1, 2
_MAX_BEFORE = 8
"""The longest word of the kind that stands before the one that is asked for, so that no answer is a position."""


def _draw(distance: int, n: int, random: np.random.Generator) -> Examples:
    """A short word, and then one with `distance` times a. Rows are padded at their end."""
    before = random.integers(1, _MAX_BEFORE + 1, n)
    ids = np.full((n, 2 * _MAX_BEFORE + 2 * distance + 2), _END, np.int64)
    learned = np.zeros((n, ids.shape[1] - 1), np.bool_)
    asked = learned.copy()
    for row, short in enumerate(before.tolist()):
        begin = 2 * short + 1
        end = begin + 2 * distance
        ids[row, :short], ids[row, short : 2 * short] = _A, _B
        ids[row, begin : begin + distance], ids[row, begin + distance : end] = _A, _B
        learned[row, short : 2 * short] = True  # what follows each b: another b, or the end
        asked[row, begin + distance : end] = True
    return Examples(ids=ids, learned=learned | asked, asked=asked)


COUNTING = Probe(
    name="counting",
    task="after n times a, write b exactly n times, and then the end ;",
    distance="n",
    symbols=(";", "a", "b"),
    distances=(2, 4, 8, 16, 32, 64),
    chance=None,
    draw=_draw,
)
