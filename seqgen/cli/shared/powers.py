"""Powers of ten in tables and pictures: how a number is written as one, and how far an axis of them goes."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LOWEST, _HIGHEST = 1e-12, 1e12
"""The most that an axis shows. A curve that goes on beyond this leaves the picture."""


def short_power(value: float) -> str:
    """A number with one digit and its power of ten.

    >>> short_power(1e-8), short_power(2.4e17)
    ('1e-8', '2e17')
    """
    return re.sub(r"e([+-])0*(\d)", lambda found: "e" + found[1].replace("+", "") + found[2], f"{value:.0e}")


def limits_of_powers(values: Iterable[float]) -> tuple[float, float]:
    """The ends of an axis that shows these values, as far as an axis of powers shows any.

    >>> limits_of_powers([0.5, 8.0]), limits_of_powers([1e-40, 1.0])
    ((0.25, 16.0), (5e-13, 2.0))
    """
    values = list(values)
    low = max(_LOWEST, min(values, default=_LOWEST))
    high = min(_HIGHEST, max(values, default=_HIGHEST))
    return (low / 2, high * 2) if low <= high else (_LOWEST, _HIGHEST)
