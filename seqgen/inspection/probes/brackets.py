"""Brackets and quotes that must close: which one is open is asked where it closes, whatever was nested in between."""

from __future__ import annotations

import numpy as np

from seqgen.inspection.probes.base import Examples, Probe

_OPENING, _CLOSING = '([{"', ')]}"'
_FILLER = "x"
_SYMBOLS = (_FILLER, "(", ")", "[", "]", "{", "}", '"')
_IDS = {symbol: number for number, symbol in enumerate(_SYMBOLS)}
_MAX_DEPTH = 4
_MAX_BEFORE = 6
"""The longest closed text before the bracket that is asked for."""
_OPENS, _CLOSES = 0.25, 0.3
"""How often a bracket opens or closes where both are possible."""


def _draw(distance: int, n: int, random: np.random.Generator) -> Examples:
    """In each row, the last id closes what was opened `distance` ids before."""
    n_before = int(random.integers(0, _MAX_BEFORE + 1))
    rows = [_row(distance, n_before, random) for _ in range(n)]
    ids = np.array([[_IDS[symbol] for symbol in text] for text, _ in rows], np.int64)
    learned = np.array([closes for _, closes in rows], np.bool_)[:, 1:]
    asked = np.zeros_like(learned)
    asked[:, -1] = True
    return Examples(ids=ids, learned=learned, asked=asked)


def _row(distance: int, n_before: int, random: np.random.Generator) -> tuple[str, list[bool]]:
    """A text, and which of its characters close something."""
    kind = int(random.integers(len(_OPENING)))
    before, closes_before = _balanced(n_before, "", random)
    inside, closes_inside = _balanced(distance - 1, _OPENING[kind], random)
    text = f"{before}{_OPENING[kind]}{inside}{_CLOSING[kind]}"
    return text, [*closes_before, False, *closes_inside, True]


def _balanced(length: int, around: str, random: np.random.Generator) -> tuple[str, list[bool]]:
    """A text in which everything that opens closes. A quote opens none of its own kind before it closes."""
    stack, text, closes = list(around), "", []
    for n_left, draw, kind in zip(
        range(length, 0, -1), random.random(length), random.integers(0, len(_OPENING), length), strict=True
    ):
        n_open = len(stack) - len(around)
        opened = _OPENING[kind]
        can_open = n_open + 2 <= n_left and len(stack) < _MAX_DEPTH and not (opened == '"' and opened in stack)
        does_close = n_open and (n_open == n_left or draw < _CLOSES)
        if does_close:
            text += _CLOSING[_OPENING.index(stack.pop())]
        elif can_open and draw > 1 - _OPENS:
            text += opened
            stack.append(opened)
        else:
            text += _FILLER
        closes.append(bool(does_close))
    return text, closes


BRACKETS = Probe(
    name="brackets",
    task="close the bracket or quote that is open, whatever was nested in it",
    distance="positions from the opening to the closing bracket",
    symbols=_SYMBOLS,
    distances=(2, 4, 8, 16, 32, 64, 128),
    chance=1 / len(_OPENING),
    draw=_draw,
)
