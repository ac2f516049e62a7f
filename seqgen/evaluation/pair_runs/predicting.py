"""Predictions for many sources, block by block, so that whoever waits sees how far they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from seqgen.waiting import waiting

_Result = TypeVar("_Result")

_BLOCK = 1024
"""Sources whose predictions are made together."""


def in_blocks(sources: Sequence[str], predict: Callable[[Sequence[str]], _Result]) -> Iterator[_Result]:
    """The predictions for each block of sources, in order.

    >>> list(in_blocks(["one", "two"], len))
    [2]
    """
    with waiting("predicting targets", total=len(sources)) as work:
        for start in range(0, len(sources), _BLOCK):
            block = sources[start : start + _BLOCK]
            yield predict(block)
            work.advance(len(block))
