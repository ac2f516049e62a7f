"""What a run is worth, in three plain sentences: how good it is, whether it copies, which temperature suits it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from seqgen.cli.evaluate.ranking import Pool
from seqgen.cli.evaluate.scoreboard import Line, ScoreTable
from seqgen.errors import CorpusError

if TYPE_CHECKING:
    from seqgen.evaluation import ScoredReading
    from seqgen.run import SavedModel

N_SAMPLES = 10
"""Samples at each temperature: few, because they take time and only a rough answer is wanted."""


def score_sentence(row: ScoredReading, table: ScoreTable) -> str:
    """How many bits the run needs, beside the best baseline."""
    from seqgen.evaluation import MIN_BYTES, compare_with_baseline

    name, text_name, bits = row.reading.run_name, table.text_name, row.score.bits_per_byte
    if bits is None:
        return f"{name} predicts {text_name} with a perplexity of {row.score.perplexity:,.2f}"
    unit, own = "bits per character", row.score.bits_per_character
    sentence = f"{name} needs {own:.3f} {unit} to predict {text_name}"
    best = min((line for line in table.lines if not line.is_run), key=lambda line: line.bits, default=None)
    if best is None or isinstance(best.score, Pool) or best.bits == math.inf:
        return sentence
    difference = compare_with_baseline(row, best.score, best.name)
    if difference is None:
        too_short = f"the text is too short to tell which is better, which takes {MIN_BYTES:,} bytes"
        return f"{sentence}, beside the best baseline ({_figure(best)}); {too_short}"
    if not difference.is_certain:
        return f"{sentence}, and cannot be told apart from the best baseline ({_figure(best)})"
    share = best.bits / max(bits, 1e-9) - 1
    if share < 0:
        return f"{sentence}, more than the best baseline ({_figure(best)}): it predicts worse than that"
    return f"{sentence}; the best baseline needs {share:.0%} more ({_figure(best)})"


def _figure(line: Line) -> str:
    return f"{line.name}, {line.figure('bits_per_character'):.3f}"


def copying_sentence(conclusion: str) -> str:
    """Whether its samples copy the training text: what comes before the numbers of the conclusion."""
    return conclusion.partition(": ")[0] if conclusion.startswith("it ") else conclusion


def temperature_sentence(model: SavedModel, corpus_paths: tuple[str, ...]) -> tuple[str, bool]:
    """At which temperature it writes best, measured with a few samples; and whether it could be measured."""
    from seqgen.evaluation import measure_quality

    try:
        report = measure_quality(model, n_samples=N_SAMPLES, corpus_paths=corpus_paths)
    except CorpusError as error:
        return f"which temperature suits it cannot be told: {error}", False
    if report.best is None:
        return "its samples are not near human text at any temperature", True
    return f"its samples have the fewest faults at temperature {report.best.temperature:g}", True
