"""`seqgen eval`: how well models predict texts."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from seqgen.cli.evaluate.breakdown import print_highest_loss, print_shaded, print_units
from seqgen.cli.evaluate.explanations import explanations
from seqgen.cli.evaluate.novelty import report_novelty
from seqgen.cli.evaluate.options import N_HIGHEST_LOSS, ONLY_PAIRS, EvalOptions
from seqgen.cli.evaluate.pairs.evaluate import evaluate_pairs
from seqgen.cli.evaluate.ranking import across_pools, places_of, ranking_sentences
from seqgen.cli.evaluate.readings import announced_readings, are_of_pairs, open_runs
from seqgen.cli.evaluate.sample_quality import report_quality
from seqgen.cli.evaluate.scoreboard import ScoreTable, print_tables, score_tables, tables_in_form
from seqgen.cli.shared.escaping import for_stdout
from seqgen.cli.shared.options import require_at_least, require_none
from seqgen.cli.shared.render import note, print_json, print_prose
from seqgen.cli.shared.wait_line import starting
from seqgen.errors import ConfigError
from seqgen.waiting import watched

if TYPE_CHECKING:
    from seqgen.evaluation import Comparison, Reading, ScoredReading, ScoringMode
    from seqgen.run import SavedModel


def evaluate(options: EvalOptions) -> None:
    """Measure how well models predict texts. Reports perplexity, bits per character, bits per byte, and the best run.

    The loss is summed over all tokens, including the first, and divided once at the end. Compare runs with different
    tokenizers by their bits: perplexity depends on the tokenizer. Of pairs, it also says how many are right.
    """
    with starting():
        from seqgen.evaluation import Context

    require_at_least(options, 1, "samples")
    mode = Context.parse(options.context)
    models = open_runs(options.runs, with_experts=not options.no_expert)
    if are_of_pairs(models):
        evaluate_pairs(models, options)
        return
    require_none(options, ONLY_PAIRS, reason="runs of texts")
    _evaluate_texts(models, options, mode)


def _evaluate_texts(models: Sequence[SavedModel], options: EvalOptions, mode: ScoringMode) -> None:
    from seqgen.evaluation import TextSelection

    if options.by == "pair":
        raise ConfigError("--by pair is for runs of pairs: choose token, line or document")
    if options.novelty:
        report_novelty(models, options)
        return
    if options.samples is not None:
        report_quality(models, options.samples, corpus_paths=options.corpus, as_json=options.as_json)
        return
    selection = TextSelection.of(options.on, encoding=options.encoding, part=options.part, corpus_paths=options.corpus)
    readings = announced_readings(models, selection, mode, are_named=bool(options.runs), dynamic=options.dynamic)
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
    from seqgen.evaluation import ScoredReading, baselines_of, compare_all, differences_to_json, split_warnings

    if options.form == "jsonl":
        raise ConfigError("the table has no form jsonl: choose csv, markdown or latex, or --json")
    rows = [ScoredReading.of(reading) for reading in readings]
    for warning in split_warnings(rows):
        note(warning)
    baselines = list(baselines_of(rows, options.corpus)) if options.baselines else []
    tables = score_tables(rows, baselines)
    if options.form is not None:
        print(for_stdout(tables_in_form(tables, options.form)), end="")
        return
    comparisons = compare_all(rows)
    if options.as_json:
        ranked = [{**row.to_json(), **place} for row, place in zip(rows, places_of(rows, comparisons), strict=True)]
        compared = [{**item.to_json(), "differences": differences_to_json(rows, item)} for item in baselines]
        print_json([*ranked, *compared, *(pair.to_json() for pair in comparisons)])
        return
    names = ", ".join(table.text_name for table in tables)
    print_prose(f"{names}; context {rows[0].reading.mode.describe()}")
    print_tables(tables)
    for sentence in _sentences(tables, rows, comparisons, is_verbose=options.verbose):
        print_prose(sentence)


def _sentences(
    tables: Sequence[ScoreTable],
    rows: Sequence[ScoredReading],
    comparisons: Sequence[Comparison],
    *,
    is_verbose: bool,
) -> Iterator[str]:
    """What follows the tables, each sentence once."""
    for table in tables:
        yield from table.sentences
    yield from explanations(rows)
    ranking = list(ranking_sentences(rows, comparisons))
    yield from ranking
    if is_verbose or not ranking:
        shown = comparisons if is_verbose else across_pools(rows, comparisons)
        yield from dict.fromkeys(comparison.sentence for comparison in shown)
