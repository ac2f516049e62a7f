"""The page of `seqgen report` for runs of pairs."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seqgen.cli.evaluate.info import facts_of
from seqgen.cli.evaluate.options import ReportOptions
from seqgen.cli.evaluate.page import corpus_options, draw_curves, loss_curve
from seqgen.cli.evaluate.pairs.evaluate import announced_scores
from seqgen.cli.evaluate.pairs.mistakes import MISTAKE_HEADER, surest_mistakes
from seqgen.cli.evaluate.pairs.pictures import LENGTH_LABEL, length_curves, measure_label
from seqgen.cli.evaluate.pairs.pools import PairPool
from seqgen.cli.evaluate.pairs.sentences import closing_sentences, opening_sentences
from seqgen.cli.evaluate.pairs.tables import PairTable, pair_tables
from seqgen.cli.shared.escaping import escape_controls
from seqgen.cli.shared.loss_curves import LossHistory

if TYPE_CHECKING:
    from seqgen.evaluation.pair_runs import ScoredPairs
    from seqgen.run import SavedModel


def pairs_page(models: Sequence[SavedModel], options: ReportOptions) -> dict[str, Any]:
    """Everything that the page shows of some runs on a part of their pairs."""
    from seqgen.evaluation import TextSelection
    from seqgen.evaluation.pair_runs import PairScoring, compare_runs, with_baselines

    selection = TextSelection(part=options.part, corpus_paths=options.corpus)
    scored = list(announced_scores(models, selection, PairScoring(), are_named=bool(options.runs)))
    rows = with_baselines(scored, corpus_paths=options.corpus, is_asked=True)
    tables = pair_tables(rows)
    return {
        "title": ", ".join(row.name for row in rows),
        "tables": tables,
        "sentences": list(closing_sentences(tables, compare_runs(rows), is_verbose=True)),
        "command": _command(rows, options, "--baselines --verbose"),
        "lengths": [_lengths(table) for table in tables],
        "runs": [_run(row, options) for row in rows],
    }


def _command(rows: Sequence[ScoredPairs], options: ReportOptions, more: str) -> str:
    paths = " ".join(shlex.quote(row.model.address) for row in rows)
    return f"seqgen eval {paths} --part {options.part}{corpus_options(options)} {more}"


def _lengths(table: PairTable) -> dict[str, str]:
    """The picture of the main measure over the length of the source."""
    runs = table.runs
    key = f"{' '.join(row.model.sha256 for row in runs)} lengths"
    label = measure_label(runs[0])
    curve = draw_curves(length_curves(runs), key=key, x_label=LENGTH_LABEL, y_label=label)
    return {"curve": curve, "caption": f"{label} over the length of the source; {table.text_name}"}


def _run(row: ScoredPairs, options: ReportOptions) -> dict[str, Any]:
    """The part of the page about one run."""
    model = row.model
    return {
        "name": row.name,
        "summary": list(opening_sentences(PairPool([row]))),
        "facts": facts_of(model),
        "curve": loss_curve(LossHistory.of(model), key=f"{model.sha256} curve"),
        "confusion": _confusion(row),
        "mistake_header": MISTAKE_HEADER,
        "mistakes": surest_mistakes(row),
        "command": _command([row], options, "--by pair"),
    }


def _confusion(row: ScoredPairs) -> dict[str, Any] | None:
    """Names and rows of the matrix; each cell has its count and the share of its row. None for texts."""
    from seqgen.evaluation.prediction_measures import LabelMeasures

    measures = row.answers.measures
    if not isinstance(measures, LabelMeasures):
        return None
    names = [escape_controls(score.label) for score in measures.labels]
    rows = [
        (name, [(count, count / max(1, sum(counts))) for count in counts])
        for name, counts in zip(names, measures.confusion.tolist(), strict=True)
    ]
    return {"names": names, "rows": rows}
