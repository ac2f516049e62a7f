"""Widths at which models of different depths have the same number of parameters."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import lru_cache, partial

from seqgen.errors import ConfigError

_TOLERANCE = 0.01
"""By how much the numbers may differ, as a share of the smallest."""
_NEAR = 0.2
"""By how much they may miss the number that is wanted."""
_TRIED = 16
"""How many widths of the deepest model are tried to each side of the one that fits best."""


def equal_widths(count: Callable[[int, int], int], layers: Sequence[int], *, wanted: int) -> dict[int, int]:
    """The width for each number of layers, so that the numbers of parameters agree within 1 %.

    `count(n_layer, width)` is the number of parameters, which must rise with the width. The number that is wanted is
    met as far as whole widths allow, within 20 %.

    >>> equal_widths(lambda n_layer, width: 8 * n_layer * width**2, [1, 2, 4], wanted=200_000)
    {1: 158, 2: 112, 4: 79}

    Raises:
        ConfigError: the models are too small for that.
    """
    count = lru_cache(maxsize=None)(count)
    deepest = max(layers)
    best = _nearest(partial(count, deepest), wanted)
    tried = range(max(1, best - _TRIED), best + _TRIED + 1)
    for width in sorted(tried, key=lambda width: abs(count(deepest, width) - wanted)):
        size = count(deepest, width)
        if abs(size - wanted) > _NEAR * wanted:
            break
        widths = {n_layer: _nearest(partial(count, n_layer), size) for n_layer in layers}
        if size_spread([count(n_layer, found) for n_layer, found in widths.items()]) <= _TOLERANCE:
            return widths
    listed = ", ".join(map(str, layers))
    raise ConfigError(
        f"is {wanted:,}: no widths give {listed} layers as many parameters within 1 %; ask for more", field="params"
    )


def size_spread(sizes: Sequence[int]) -> float:
    """By how much the largest exceeds the smallest, as a share of the smallest.

    >>> round(size_spread([100, 102, 101]), 3)
    0.02
    """
    return max(sizes) / min(sizes) - 1


def _nearest(count_at: Callable[[int], int], wanted: int) -> int:
    """The width at which a model has the nearest number of parameters."""
    high = 1
    while count_at(high) < wanted:
        high *= 2
    width = bisect_left(range(high + 1), wanted, lo=1, key=count_at)
    return min((number for number in (width - 1, width) if number), key=lambda number: abs(count_at(number) - wanted))
