"""Gradients through time as tables and sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seqgen.cli.inspect.flow_pictures import names_of
from seqgen.cli.shared.length_pictures import LETTERS
from seqgen.cli.shared.powers import short_power
from seqgen.cli.shared.render import print_left_out, print_prose, print_table

if TYPE_CHECKING:
    from seqgen.inspection.flows import GradientFlow
    from seqgen.inspection.jacobians import Stretch

_VANISHED = 0.001
_DROPPABLE = ("3", "30", "10")
"""Lags without which a table can do."""


def print_flows(flows: Sequence[GradientFlow]) -> None:
    """The gradient at a few lags, the largest singular values, and what is remarkable."""
    lags = _lags(flows)
    print_prose("The gradient at lag 1, and at other lags relative to it:")
    names = names_of(flows)
    header = ["", "model", *map(str, lags), "1/1000 at"]
    letters = (LETTERS * len(flows))[: len(flows)]
    rows = [
        [letter, name, *_gradient_cells(flow, lags)] for letter, name, flow in zip(letters, names, flows, strict=True)
    ]
    print_left_out(print_table(header, rows, n_left=2, droppable=_DROPPABLE))
    if any(flow.stretch for flow in flows):
        print()
        print_prose("The largest singular value of the product of the Jacobians of so many steps:")
        rows = [row for name, flow in zip(names, flows, strict=True) for row in _stretch_rows(name, flow.stretch, lags)]
        print_left_out(print_table(["model", *map(str, lags)], rows, n_left=1, droppable=_DROPPABLE))
    for sentence in _sentences(names, flows):
        print_prose(sentence)


def _lags(flows: Sequence[GradientFlow]) -> list[int]:
    from seqgen.inspection.gradients import round_lags

    return round_lags(flows[0].norms.lags[-1])


def _gradient_cells(flow: GradientFlow, lags: Sequence[int]) -> list[str]:
    norms = flow.norms
    relative = dict(zip(norms.lags, norms.relative, strict=True))
    below = norms.falls_below(_VANISHED)
    shares = [_figure(relative[lag]) if norms.states[0] else "" for lag in lags[1:]]
    return [_figure(norms.states[0]), *shares, "" if below is None else str(below)]


def _stretch_rows(name: str, stretch: Stretch | None, lags: Sequence[int]) -> Iterator[list[str]]:
    """The values and, if the theory has them, the bounds. A lag that was not measured has an empty cell."""
    if stretch is None:
        return
    for title, numbers in ((name, stretch.values), ("  at most, by the theory", stretch.bounds)):
        if numbers is not None:
            figures = dict(zip(stretch.lags, map(_figure, numbers), strict=True))
            yield [title, *(figures.get(lag, "") for lag in lags)]


def _sentences(names: Sequence[str], flows: Sequence[GradientFlow]) -> Iterator[str]:
    for name, flow in zip(names, flows, strict=True):
        norms = flow.norms
        if not any(norms.states):
            yield f"{name}: the gradient is 0 at every lag, because with these weights no position reads another"
        if norms.clipped_share < 1:
            yield (
                f"{name}: the gradient of the weights has norm {norms.weights:.3g}; clipping makes it "
                f"{norms.clip_norm:g}, and shrinks the share of every lag by the same factor"
            )
        if flow.share_copied is not None and flow.is_trained:
            yield f"{name}: names {flow.share_copied:.0%} of the symbols that it read {norms.lags[-1]:,} tokens before"
    if any(flow.stretch is not None and not flow.stretch.is_exact for flow in flows):
        yield "Singular values of large states are found by power iteration; they may be some hundredths too small."


def _figure(number: float) -> str:
    """0.8414 -> '0.84', 8.4e-35 -> '8e-35': two digits, as far as they can be read at a glance."""
    if not math.isfinite(number):
        return "overflow"
    if number == 0 or 0.01 <= number < 1000:
        return f"{number:.2g}" if number < 100 else f"{number:.0f}"
    return short_power(number)
