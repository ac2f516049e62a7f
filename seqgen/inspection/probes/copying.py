"""The copy task: a few symbols, a long pause, a signal, and the same symbols again (Hochreiter & Schmidhuber 1997)."""

from __future__ import annotations

import numpy as np

from seqgen.inspection.probes.base import Examples, Probe, ask_last

_LETTERS = "abcdefgh"
_N_SYMBOLS = 3
"""How many letters have to be remembered."""
_PAUSE, _SIGNAL = 0, len(_LETTERS) + 1


def _draw(distance: int, n: int, random: np.random.Generator) -> Examples:
    """Each letter and its copy are `distance` positions apart, of which the last before the copies is the signal."""
    letters = random.integers(1, len(_LETTERS) + 1, (n, _N_SYMBOLS))
    ids = np.full((n, distance + _N_SYMBOLS), _PAUSE, np.int64)
    ids[:, :_N_SYMBOLS] = ids[:, distance:] = letters
    ids[:, distance - 1] = _SIGNAL
    return ask_last(ids, _N_SYMBOLS)


COPY = Probe(
    name="copy",
    task=f"remember {_N_SYMBOLS} letters over a pause, and repeat them at the signal >",
    distance="positions from a letter to its copy",
    symbols=(".", *_LETTERS, ">"),
    distances=(4, 8, 16, 32, 64, 128),
    chance=1 / len(_LETTERS),
    draw=_draw,
)
