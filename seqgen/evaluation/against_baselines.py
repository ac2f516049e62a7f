"""How a run does beside a baseline on one text: better, worse, or not to be told apart.

A baseline that predicts tokens is compared with a run as two runs are, by the differences of the same blocks of the
text (`compare.py`). A compressor gives a single total, of which nobody knows how it varies along the text. It is judged
by a rule of thumb instead: a difference counts if it exceeds the `least_clear_share` of the run's bits.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from seqgen.evaluation.baselines import Baseline
from seqgen.evaluation.compare import Difference, ScoredText, compare, comparison_obstacle
from seqgen.evaluation.compressors import CompressedSize, Compression
from seqgen.evaluation.scored_readings import ScoredReading
from seqgen.training.verdict import least_clear_share


def compare_with_baseline(row: ScoredReading, figures: ScoredText | CompressedSize, name: str) -> Difference | None:
    """A run less a baseline, on the text that both have read; None if the text is too short or has no bits.

    `figures` are the baseline's own, and `name` is what it is called in the sentence of the difference.

    >>> from pathlib import Path
    >>> from seqgen.evaluation import TextSelection, readings
    >>> from seqgen.run import open_model
    >>> _ = Path("long.txt").write_text(Path("story.txt").read_text() * 2)
    >>> (reading,) = readings(open_model("checkpoints/story"), TextSelection.of(["long.txt"]))
    >>> row, gzip = ScoredReading.of(reading), CompressedSize(n_compressed=1500, n_characters=12000, n_bytes=12000)
    >>> print(compare_with_baseline(row, gzip, "gzip -9"))
    gzip -9 is better than story by ... bits per byte
    """
    names = row.reading.run_name, name
    if isinstance(figures, ScoredText):
        return compare(row.scored, figures, names=names)
    bits = row.score.bits_per_byte
    if bits is None or comparison_obstacle(row.score, row.score):
        return None
    return Difference(bits - figures.bits_per_byte, least_clear_share(row.score.n_charged) * bits, *names)


def pool(differences: Sequence[Difference], *, name: str) -> Difference:
    """One difference for several runs that differ in their seed: the mean, and an interval that contains all of theirs.

    So it is certain only if each of them is, all in one direction. `name` stands for the runs.

    >>> pool([Difference(-0.2, 0.05), Difference(-0.1, 0.05)], name="lstm, 2 seeds")
    Difference(bits_per_byte=-0.15..., plus_minus=0.1..., first='lstm, 2 seeds', second='the second model')
    """
    mean = statistics.fmean(difference.bits_per_byte for difference in differences)
    widest = max(abs(difference.bits_per_byte - mean) + difference.plus_minus for difference in differences)
    return replace(differences[0], bits_per_byte=mean, plus_minus=widest, first=name)


def differences_to_json(rows: Sequence[ScoredReading], baseline: Baseline) -> list[dict[str, Any]]:
    """Every run that has read the text of a baseline, less that baseline, as `seqgen eval --json` prints it.

    >>> from seqgen.evaluation import TextSelection, baselines_of, readings
    >>> from seqgen.run import open_model
    >>> (reading,) = readings(open_model("checkpoints/story"), TextSelection())
    >>> rows = [ScoredReading.of(reading)]
    >>> differences_to_json(rows, next(baselines_of(rows)))  # 600 bytes are too few to compare
    [{'run': '...story...', 'context': 'carried', 'difference': None}]
    """
    figures = baseline.figures.after if isinstance(baseline.figures, Compression) else baseline.figures
    items = []
    for row in (row for row in rows if row.reading.text_key == baseline.text_key):
        difference = compare_with_baseline(row, figures, baseline.name)
        items.append(
            {
                "run": str(row.reading.saved.path),
                "context": str(row.reading.mode),
                "difference": difference and difference.to_json(),
            }
        )
    return items
