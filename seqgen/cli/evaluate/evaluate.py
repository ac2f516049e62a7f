"""`seqgen eval`: how well models predict texts."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from seqgen.cli.evaluate.breakdown import print_highest_loss, print_shaded, print_units
from seqgen.cli.evaluate.novelty import report_novelty
from seqgen.cli.evaluate.options import N_HIGHEST_LOSS, EvalOptions
from seqgen.cli.evaluate.readings import announced_readings, open_runs
from seqgen.cli.evaluate.sample_quality import report_quality
from seqgen.cli.evaluate.scoreboard import print_scores
from seqgen.cli.shared.options import require_at_least
from seqgen.cli.shared.render import note, print_json, print_prose
from seqgen.waiting import waiting, watched

if TYPE_CHECKING:
    from seqgen.evaluation import Baseline, Comparison, Reading, ScoredReading


def evaluate(options: EvalOptions) -> None:
    """Measure how well models predict texts. Reports perplexity, bits per character, bits per byte, and the best run.

    The loss is summed over all tokens, including the first, and divided once at the end. Compare runs with different
    tokenizers by their bits: perplexity depends on the tokenizer.
    """
    with waiting("loading PyTorch"):
        from seqgen.evaluation import Context, TextSelection

    require_at_least(options, 1, "samples")
    mode = Context.parse(options.context)
    models = open_runs(options.runs)
    if options.novelty:
        report_novelty(models, options)
        return
    if options.samples is not None:
        report_quality(models, options.samples, corpus_paths=options.corpus, as_json=options.as_json)
        return
    selection = TextSelection.of(options.on, encoding=options.encoding, part=options.part, corpus_paths=options.corpus)
    readings = announced_readings(models, selection, mode, dynamic=options.dynamic)
    if options.by is not None or options.show:
        with watched(None) if sys.stdout.isatty() else contextlib.nullcontext():  # what is printed shows how far it is
            if options.by is not None:
                print_units(readings, options.by, form=options.form)
            else:
                print_shaded(readings)
    elif options.highest_loss:
        print_highest_loss(readings, N_HIGHEST_LOSS)
    else:
        _print_table(readings, options)


def _print_table(readings: Iterable[Reading], options: EvalOptions) -> None:
    from seqgen.evaluation import ScoredReading, baselines_of, compare_all, split_warnings

    rows = [ScoredReading.of(reading) for reading in readings]
    for warning in split_warnings(rows):
        note(warning)
    baselines: list[Baseline] = []
    if options.baselines:
        baselines = list(baselines_of(rows, options.corpus))
    comparisons = compare_all(rows)
    if options.as_json:
        items: list[ScoredReading | Baseline | Comparison] = [*rows, *baselines, *comparisons]
        print_json([item.to_json() for item in items])
        return
    print_scores(rows, baselines)
    for sentence in dict.fromkeys(comparison.sentence for comparison in comparisons):
        print_prose(sentence)
