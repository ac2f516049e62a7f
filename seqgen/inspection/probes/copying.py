"""The copy task: a few symbols, a long pause, a signal, and the same symbols again (Hochreiter & Schmidhuber 1997)."""

from __future__ import annotations

import numpy as np

from seqgen.inspection.probes.base import Examples, Probe, ask_last

_LETTERS = "abcdefgh"
_N_COPIED = 3
"""How many letters have to be remembered."""
_PAUSE, _SIGNAL = 0, len(_LETTERS) + 1


def draw_copies(distance: int, n: int, random: np.random.Generator, *, n_copied: int = _N_COPIED) -> Examples:
    """Each letter and its copy are `distance` positions apart, of which the last before the copies is the signal.

    >>> draw_copies(5, 2, np.random.default_rng(0), n_copied=1).ids[:, 1:5].tolist()
    [[0, 0, 0, 9], [0, 0, 0, 9]]
    """
    letters = random.integers(1, len(_LETTERS) + 1, (n, n_copied))
    ids = np.full((n, distance + n_copied), _PAUSE, np.int64)
    ids[:, :n_copied] = ids[:, distance:] = letters
    ids[:, distance - 1] = _SIGNAL
    return ask_last(ids, n_copied)


COPY = Probe(
    name="copy",
    task=f"remember {_N_COPIED} letters over a pause, and repeat them at the signal >",
    distance="positions from a letter to its copy",
    symbols=(".", *_LETTERS, ">"),
    distances=(4, 8, 16, 32, 64, 128),
    chance=1 / len(_LETTERS),
    draw=draw_copies,
)
