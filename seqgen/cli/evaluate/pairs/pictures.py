"""Pictures of runs of pairs: results over the length of the source, and which labels are confused."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seqgen.cli.shared.pictures import Curve, draw_as_png, draw_map_as_png
from seqgen.cli.shared.wanted_files import written

if TYPE_CHECKING:
    from seqgen.evaluation.pair_runs import ScoredPairs

LENGTH_LABEL = "characters of the source"
_LENGTHS_FILE = "lengths.png"
_MOST_WITH_COUNTS = 20
"""Labels. With more, squares have no counts."""


@contextlib.contextmanager
def pictures_written(rows: Sequence[ScoredPairs], folder: Path | None) -> Iterator[None]:
    """Draw all pictures of some runs into a folder, if they are wanted, then let the block show the results.

    Raises:
        RunError: after the block: one of them cannot be drawn or written.
    """
    with contextlib.ExitStack() as pictures:
        if folder is not None:
            for name, draw in _pictures_of(rows):
                pictures.enter_context(written(folder / name, draw))
        yield


def _pictures_of(rows: Sequence[ScoredPairs]) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The name of each picture, and what draws it."""
    for measure in dict.fromkeys(row.answers.main.measure for row in rows):
        same = [row for row in rows if row.answers.main.measure == measure]
        name = _LENGTHS_FILE if len(same) == len(rows) else f"lengths-{measure.replace(' ', '-')}.png"
        yield name, functools.partial(_draw_lengths, same)
    for row in rows:
        if row.model.tokenizer.is_of_labels:
            name = "confusion.png" if len(rows) == 1 else f"confusion-{row.name}.png"
            yield name, functools.partial(_draw_confusion, row)


def length_curves(rows: Sequence[ScoredPairs]) -> list[Curve]:
    """The main measure of each run in per cent, over the middle of each bin of lengths, with 95 % intervals."""
    has_several_texts = len({row.pair_set.key for row in rows}) > 1
    curves = []
    for row in rows:
        bins = [(each, each.estimate) for each in row.by_length if each.estimate is not None]
        middles = [(each.shortest + each.longest) / 2 for each, _ in bins]
        values = [100 * found.value for _, found in bins]
        intervals = [(100 * max(0.0, found.low), 100 * found.high) for _, found in bins]
        label = f"{row.name}, {row.pair_set.text_name}" if has_several_texts else row.name
        curves.append(Curve(label, middles, values, has_markers=True, is_loss=False, intervals=intervals))
    return curves


def measure_label(row: ScoredPairs) -> str:
    """What the curves show."""
    return f"{row.answers.main.measure} in %"


def _draw_lengths(rows: Sequence[ScoredPairs]) -> bytes:
    return draw_as_png(
        length_curves(rows), title="By length of the source", x_label=LENGTH_LABEL, y_label=measure_label(rows[0])
    )


def _draw_confusion(row: ScoredPairs) -> bytes:
    """Every true label as a row of shares, which is darkest where it is most often taken for a label."""
    from seqgen.evaluation.prediction_measures import LabelMeasures

    measures = row.answers.measures
    assert isinstance(measures, LabelMeasures)
    totals = measures.confusion.sum(axis=1, keepdims=True).clip(min=1)
    names = [score.label for score in measures.labels]
    return draw_map_as_png(
        (measures.confusion / totals).tolist(),
        rows=names,
        columns=names,
        title=f"{row.name}: true label (rows), predicted (columns)",
        counts=measures.confusion.tolist() if len(names) <= _MOST_WITH_COUNTS else (),
    )
