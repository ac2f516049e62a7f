"""Which bars of a tune add up to their metre.

A bar is right if it is as long as its metre. Two short bars are right together if they make one bar: the pick-up with
which a part begins, and the bar that ends this part or the part before it. The last bar of a tune may also complete
the pick-up of its first bar. A part is what stands between repeat signs, double bar lines or fields `P:`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from seqgen.music.bars import Bar, Tune


@dataclass(frozen=True)
class WrongBar:
    """A bar that does not add up.

    >>> from seqgen.music import check_bars, read_tune
    >>> tune = read_tune("X:1\\nM:3/4\\nL:1/8\\nK:C\\nc2d2e2|c2d2e3|c6|]")
    >>> [wrong.describe() for wrong in check_bars(tune).wrong]
    ['bar 2 is 1/8 too long: c2d2e3']
    """

    bar: Bar

    @property
    def excess(self) -> Fraction | None:
        """How much it is too long, in whole notes; below 0 if it is too short. None if something in it is no ABC."""
        return None if self.bar.unread or self.bar.metre is None else self.bar.length - self.bar.metre

    def describe(self) -> str:
        """What is wrong, in words."""
        excess = self.excess
        if excess is None:
            return f"bar {self.bar.number} holds what is no ABC, {self.bar.unread!r}: {self.bar.text}"
        way = "long" if excess > 0 else "short"
        return f"bar {self.bar.number} is {abs(excess)} too {way}: {self.bar.text}"


@dataclass(frozen=True)
class BarCheck:
    """The bars of a tune that are wrong.

    >>> from seqgen.music import check_bars, read_tune
    >>> check = check_bars(read_tune("X:1\\nM:3/4\\nL:1/8\\nK:C\\nG2|c2d2e2|c4|]"))
    >>> check.n_bars, check.n_right, check.adds_up
    (3, 3, True)
    """

    n_bars: int
    wrong: tuple[WrongBar, ...]
    has_metre: bool = True
    """Whether all bars have a metre to add up to."""

    @property
    def n_right(self) -> int:
        return self.n_bars - len(self.wrong)

    @property
    def adds_up(self) -> bool:
        """Whether every bar does. Without a metre, none can."""
        return self.has_metre and not self.wrong


def check_bars(tune: Tune) -> BarCheck:
    """Find the bars that do not add up.

    >>> from seqgen.music import check_bars, read_tune
    >>> check_bars(read_tune("X:1\\nM:2/4\\nL:1/8\\nK:C\\ncdef|cdeg a|c4|]")).adds_up
    False
    """
    wrong = tuple(bar for bars in tune.voices for bar in _wrong_bars(bars))
    return BarCheck(len(tune.bars), wrong, all(bar.metre is not None for bar in tune.bars))


def _wrong_bars(bars: Sequence[Bar]) -> list[WrongBar]:
    completed = _completed(bars)
    return [
        WrongBar(bar)
        for number, bar in enumerate(bars)
        if bar.unread or (bar.metre not in (None, bar.length) and number not in completed)
    ]


def _completed(bars: Sequence[Bar]) -> set[int]:
    """The numbers, from 0, of short bars that make one bar with another."""
    completed: set[int] = set()
    first = 0
    for number, bar in enumerate(bars):
        is_last = number == len(bars) - 1
        if not bar.ends_part:
            continue
        partners = {first, number + 1, *([0] if is_last else [])} - {number, len(bars)}
        for partner in partners:
            if bar.is_short and bars[partner].is_short and bar.length + bars[partner].length == bar.metre:
                completed |= {number, partner}
        is_pickup = number == first and bar.is_short
        if not is_last and not is_pickup and not bars[number + 1].is_later_ending:
            first = number + 1
    return completed
