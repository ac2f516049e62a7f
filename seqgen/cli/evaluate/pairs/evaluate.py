"""`seqgen eval` for runs of pairs: how well models predict targets from sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seqgen.cli.evaluate.breakdown import row_writer
from seqgen.cli.evaluate.options import FOR_PAIRS, EvalOptions
from seqgen.cli.evaluate.pairs.confusion import print_confusion
from seqgen.cli.evaluate.pairs.mistakes import print_mistakes
from seqgen.cli.evaluate.pairs.pictures import pictures_written
from seqgen.cli.evaluate.pairs.pools import PairPool
from seqgen.cli.evaluate.pairs.sentences import closing_sentences, opening_sentences
from seqgen.cli.evaluate.pairs.tables import PairTable, pair_tables, print_pair_tables, tables_in_form
from seqgen.cli.shared.escaping import for_stdout
from seqgen.cli.shared.options import parse_columns, require_none
from seqgen.cli.shared.render import note, print_json, print_prose, why_used
from seqgen.cli.shared.wanted_files import require_folder
from seqgen.errors import ConfigError

if TYPE_CHECKING:
    from seqgen.evaluation import TextSelection
    from seqgen.evaluation.pair_runs import PairComparison, PairScoring, ScoredPairs
    from seqgen.run import SavedModel


def evaluate_pairs(models: Sequence[SavedModel], options: EvalOptions) -> None:
    """Predict the targets of the selected pairs by every model, and report what fits them."""
    from seqgen.evaluation import TextSelection
    from seqgen.evaluation.pair_runs import PairScoring, with_baselines

    require_none(options, options.given - FOR_PAIRS, reason="runs of pairs")
    if options.by not in (None, "pair"):
        raise ConfigError(f"--by {options.by} is for runs of texts: --by pair prints every pair")
    folder = None if options.out is None else require_folder(options.out)
    scoring = PairScoring(beam=options.beam, ignores_case=options.ignore_case)
    selection = TextSelection.of(
        options.on,
        encoding=options.encoding,
        part=options.part,
        corpus_paths=options.corpus,
        columns=parse_columns(options.columns),
    )
    rows = announced_scores(models, selection, scoring, are_named=bool(options.runs))
    if options.by is not None:
        _print_pairs(rows, options)
        return
    if options.form == "jsonl":
        raise ConfigError("the table has no form jsonl: choose csv, markdown or latex, or --json")
    scored = with_baselines(list(rows), corpus_paths=options.corpus, is_asked=options.baselines)
    with pictures_written(scored, folder):
        _report(scored, options)


def _report(rows: Sequence[ScoredPairs], options: EvalOptions) -> None:
    from seqgen.evaluation.pair_runs import compare_runs

    tables = pair_tables(rows)
    if options.form is not None and options.form != "jsonl":
        print(for_stdout(tables_in_form(tables, options.form)), end="")
        return
    comparisons = compare_runs(rows)
    if options.as_json:
        print_json([*_ranked(rows, tables), *(pair.to_json() for pair in comparisons)])
    else:
        _print_report(tables, comparisons, is_verbose=options.verbose)


def announced_scores(
    models: Sequence[SavedModel], selection: TextSelection, scoring: PairScoring, *, are_named: bool
) -> Iterator[ScoredPairs]:
    """The answers of every model to every selected set of pairs. Notes name each model, and say what to beware of."""
    from seqgen.evaluation.pair_runs import ScoredPairs, pair_sets

    for model in models:
        note(f"model: {model.address}{why_used(model, are_named)}")
        for pair_set in pair_sets(model, selection):
            if pair_set.warning is not None:
                note(pair_set.warning)
            scored = ScoredPairs.of(model, pair_set, scoring)
            for line in scored.answers.notes:
                note(f"source: {line}")
            yield scored


def _print_pairs(rows: Iterator[ScoredPairs], options: EvalOptions) -> None:
    write_row = row_writer(options.form)
    for row in rows:
        for pair in row.by_pair():
            write_row({"run": row.name, "text": row.pair_set.text_name, **pair})


def _ranked(rows: Sequence[ScoredPairs], tables: Sequence[PairTable]) -> Iterator[dict[str, object]]:
    """The report of each run with its rank in its table, and that of runs which differ only in their seed together."""
    places: dict[int, dict[str, object]] = {
        id(row): {"rank": rank, "ranked_by": table.measure}
        for table in tables
        for rank, pool in enumerate(table.pools, start=1)
        for row in pool.rows
    }
    for row in rows:
        yield {**row.to_json(), **places[id(row)]}
    for pool in (pool for table in tables for pool in table.pools):
        if len(pool.rows) > 1:
            yield {**pool.to_json(), **places[id(pool.rows[0])]}


def _print_report(tables: Sequence[PairTable], comparisons: Sequence[PairComparison], *, is_verbose: bool) -> None:
    """The table with sentences around it; what one run confuses, or with `is_verbose` every run."""
    for pool in (pool for table in tables for pool in table.pools):
        singles = [PairPool([row]) for row in pool.rows] if is_verbose and len(pool.rows) > 1 else []
        for each in (pool, *singles):
            for sentence in opening_sentences(each):
                print_prose(sentence)
    print()
    print_pair_tables(tables)
    print()
    for sentence in closing_sentences(tables, comparisons, is_verbose=is_verbose):
        print_prose(sentence)
    runs = [row for table in tables for row in table.runs]
    for row in runs if is_verbose or len(runs) == 1 else []:
        print_confusion(row)
        print_mistakes(row)
