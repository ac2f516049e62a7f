"""The table of `seqgen eval` for runs of pairs: runs and baselines, the best first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqgen.cli.evaluate.pairs.pools import PairPool, pair_pools
from seqgen.cli.shared.render import print_left_out, print_prose, print_table
from seqgen.cli.shared.table_forms import TABLE_FORMS, TableForm

if TYPE_CHECKING:
    from seqgen.evaluation.pair_runs import Answers, ScoredPairs
    from seqgen.evaluation.prediction_measures import Measure


@dataclass(frozen=True)
class Column:
    """A measure: its name in reports, its heading in tables, and how it is written."""

    key: str
    heading: str
    write: Callable[[float], str]


def _in_percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _with_decimals(value: float) -> str:
    return f"{value:.4f}"


def _as_score(value: float) -> str:
    return f"{value:.1f}"


LABEL_COLUMNS = (
    Column("accuracy", "accuracy", _in_percent),
    Column("macro_f1", "macro F1", _with_decimals),
    Column("log_loss_nats", "log loss", _with_decimals),
    Column("calibration_error", "calibration", _with_decimals),
)
TEXT_COLUMNS = (
    Column("exact_match", "exact match", _in_percent),
    Column("character_error_rate", "CER", _in_percent),
    Column("word_error_rate", "WER", _in_percent),
    Column("chrf", "chrF", _as_score),
    Column("bleu", "BLEU", _as_score),
)
_SHORT_NAMES = {
    "naive Bayes over words": "naive Bayes, words",
    "naive Bayes over character n-grams": "naive Bayes, n-grams",
    "logistic regression over words": "logistic regression, words",
    "logistic regression over character n-grams": "logistic regression, n-grams",
    "target of the nearest training source": "target of nearest source",
}
"""Of baselines, on the screen. Reports, and tables in other forms, have the whole names."""
_DROPPABLE = ("calibration", "log loss", "chrF", "BLEU", "WER")


@dataclass(frozen=True)
class Line:
    """What the table shows of a run, of several that differ in their seed, or of a baseline."""

    name: str
    figures: Mapping[str, float]
    deviations: Mapping[str, float]

    @classmethod
    def of(cls, scored: PairPool | Answers) -> Line:
        if isinstance(scored, PairPool):
            return cls(scored.name, scored.means, scored.deviations)
        return cls(scored.name, scored.to_json(), {})

    def cell(self, column: Column, *, is_main: bool) -> str:
        """A figure, of the main measure with its standard deviation if it is a mean; a dash if there is none."""
        value, deviation = self.figures.get(column.key), self.deviations.get(column.key)
        if value is None:
            return "-"
        if deviation is None or not is_main:
            return column.write(value)
        return f"{column.write(value)} ± {column.write(deviation).removesuffix(' %')}"


@dataclass(frozen=True)
class PairTable:
    """Everything that has answered the same pairs in the same way, the best first."""

    text_name: str
    pools: Sequence[PairPool]
    lines: Sequence[Line]
    """Those of all pools and of all baselines."""
    columns: Sequence[Column]
    measure: Measure
    """By which all lines are ranked."""

    @property
    def runs(self) -> list[ScoredPairs]:
        return [row for pool in self.pools for row in pool.rows]

    @property
    def predicts_labels(self) -> bool:
        return self.runs[0].model.tokenizer.is_of_labels

    @property
    def header(self) -> list[str]:
        return ["model", *(column.heading for column in self.columns)]

    @property
    def rows(self) -> list[list[str]]:
        """The cells of the table."""
        main = self.measure.replace(" ", "_")
        return [
            [line.name, *(line.cell(column, is_main=column.key == main) for column in self.columns)]
            for line in self.lines
        ]

    @property
    def exact_rows(self) -> list[list[str]]:
        """The same with all digits."""
        figures = [[line.figures.get(column.key) for column in self.columns] for line in self.lines]
        return [
            [line.name, *("" if value is None else repr(value) for value in values)]
            for line, values in zip(self.lines, figures, strict=True)
        ]

    @property
    def best(self) -> set[int]:
        """The number of the best row, if there are several."""
        return {0} if len(self.lines) > 1 else set()


def pair_tables(rows: Sequence[ScoredPairs]) -> list[PairTable]:
    """Runs and baselines together, a table for all that have answered the same pairs: with labels, or with texts."""
    groups: dict[tuple[str, bool], list[ScoredPairs]] = {}
    for row in rows:
        groups.setdefault((row.pair_set.key, row.model.tokenizer.is_of_labels), []).append(row)
    return [_table(group) for group in groups.values()]


def _table(rows: Sequence[ScoredPairs]) -> PairTable:
    """Everything is ranked by the first measure that all of it has."""
    from seqgen.evaluation.pair_runs import shared_measure

    baselines = list(dict.fromkeys(baseline for row in rows for baseline in row.baselines))
    measure = shared_measure([*(row.answers for row in rows), *baselines])
    assert measure is not None, "all labels have an accuracy, and all texts exact matches"
    pools = sorted(pair_pools(rows), key=lambda pool: -pool.merit_by(measure))
    everything: list[PairPool | Answers] = [*pools, *baselines]
    everything.sort(key=lambda scored: -scored.merit_by(measure))
    lines = [Line.of(scored) for scored in everything]
    all_columns = LABEL_COLUMNS if rows[0].model.tokenizer.is_of_labels else TEXT_COLUMNS
    columns = [column for column in all_columns if any(column.key in line.figures for line in lines)]
    return PairTable(rows[0].pair_set.text_name, pools, lines, columns, measure)


def print_pair_tables(tables: Sequence[PairTable]) -> None:
    """Print a table for each set of pairs, with the best row in bold."""
    left_out: list[str] = []
    for number, table in enumerate(tables):
        if len(tables) > 1:
            if number:
                print()
            print_prose(table.text_name)
        rows = [[_SHORT_NAMES.get(name, name), *cells] for name, *cells in table.rows]
        left_out += print_table(table.header, rows, n_left=1, bold=table.best, droppable=_DROPPABLE)
    print_left_out(list(dict.fromkeys(left_out)))


def tables_in_form(tables: Sequence[PairTable], form: TableForm) -> str:
    """The tables for another program or a paper; CSV has the figures in full. Tables of one kind of targets are one."""
    by_header: dict[tuple[str, ...], list[list[str]]] = {}
    for table in tables:
        rows = table.exact_rows if form == "csv" else table.rows
        text = [table.text_name] if len(tables) > 1 else []
        by_header.setdefault(tuple(table.header), []).extend([*text, *row] for row in rows)
    text_heading = ["text"] if len(tables) > 1 else []
    return "\n".join(TABLE_FORMS[form]([*text_heading, *header], rows) for header, rows in by_header.items())
