"""The wrong predictions of which a model was surest, each with its source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqgen.cli.shared.escaping import escape_controls
from seqgen.cli.shared.render import print_prose, print_table
from seqgen.cli.shared.shortening import shortened

if TYPE_CHECKING:
    from seqgen.evaluation.pair_runs import ScoredPairs

MISTAKE_HEADER = ("p", "source", "target", "predicted")
_WIDTH = 80
_GAPS = 3 * 2
_LONGEST_TARGET = 20


def print_mistakes(row: ScoredPairs) -> None:
    """Print the surest mistakes of a run as a table of 80 columns."""
    found = surest_mistakes(row)
    if not found:
        return
    targets = [[shortened(text, _LONGEST_TARGET) for text in mistake[2:]] for mistake in found]
    widths = [max(map(len, column)) for column in zip(MISTAKE_HEADER[2:], *targets, strict=True)]
    left = _WIDTH - len(found[0][0]) - sum(widths) - _GAPS
    rows = [[p, shortened(source, left), *pair] for (p, source, *_), pair in zip(found, targets, strict=True)]
    print()
    print_prose(f"{row.name}: the mistakes with the highest probabilities p")
    print_table(MISTAKE_HEADER, rows, n_left=len(MISTAKE_HEADER))


def surest_mistakes(row: ScoredPairs) -> list[list[str]]:
    """Probability, source, target and prediction of each, in full, with control characters written out."""
    pairs = list(row.by_pair())
    names = ("source", "target", "prediction")
    return [
        [f"{pairs[number]['probability']:.3f}", *(escape_controls(pairs[number][name]) for name in names)]
        for number in row.mistakes
    ]
