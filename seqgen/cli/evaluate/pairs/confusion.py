"""The confusion matrix as a table that fits the screen: the largest labels, and the rest summed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqgen.cli.shared.render import print_prose, print_table, table_width
from seqgen.cli.shared.shortening import shortened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seqgen.evaluation.pair_runs import ScoredPairs
    from seqgen.evaluation.prediction_measures import LabelMeasures

_WIDTH = 80
_LONGEST_NAME = 24
_OTHERS = "others"


@dataclass(frozen=True)
class ConfusionTable:
    """The cells of the table, and how many labels are not summed in it."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    n_shown: int


def print_confusion(row: ScoredPairs) -> None:
    """Print how often each label was taken for each other; nothing for texts."""
    from seqgen.evaluation.prediction_measures import LabelMeasures

    measures = row.answers.measures
    if not isinstance(measures, LabelMeasures):
        return
    table, n_labels = confusion_table(measures), len(measures.labels)
    print()
    print_prose(f"{row.name}: pairs by their true label (rows) and the predicted one (columns)")
    print_table(table.header, table.rows, n_left=1)
    n_left = n_labels - table.n_shown
    if n_left:
        largest = "the label" if table.n_shown == 1 else f"the {table.n_shown} labels"
        print_prose(
            f"{largest} with the most pairs, of {n_labels}; the others are summed; --json has all, and --out draws them"
        )


def confusion_table(measures: LabelMeasures, *, width: int = _WIDTH) -> ConfusionTable:
    """As many labels as fit, those with the most pairs first. Columns have numbers if the names do not fit."""
    order = sorted(range(len(measures.labels)), key=lambda label: -measures.labels[label].n_true)
    names = [shortened(measures.labels[label].label, _LONGEST_NAME) for label in order]
    confusion = measures.confusion[order][:, order]
    for n_shown in range(len(names), 0, -1):
        cells = _grouped(confusion, n_shown).tolist()
        for has_numbers in (False, True):
            table = _table(names[:n_shown], cells, has_numbers=has_numbers)
            if table_width([table.header, *table.rows]) <= width:
                return table
    return _table(names[:1], _grouped(confusion, 1).tolist(), has_numbers=True)


def _grouped(confusion: NDArray[Any], n_shown: int) -> NDArray[Any]:
    """The counts of the first labels, with the sums of all others in a last row and column, if there are others."""
    import numpy as np

    if n_shown == len(confusion):
        return confusion
    starts = np.arange(n_shown + 1)
    grouped: NDArray[Any] = np.add.reduceat(np.add.reduceat(confusion, starts, axis=0), starts, axis=1)
    return grouped


def _table(names: Sequence[str], cells: Sequence[Sequence[int]], *, has_numbers: bool) -> ConfusionTable:
    numbered = [f"{number} {name}" if has_numbers else name for number, name in enumerate(names, start=1)]
    columns = [str(number) for number in range(1, len(names) + 1)] if has_numbers else list(names)
    others = [_OTHERS] if len(cells) > len(names) else []
    rows = [[name, *map(str, counts)] for name, counts in zip([*numbered, *others], cells, strict=True)]
    return ConfusionTable(["true", *columns, *others], rows, len(names))
