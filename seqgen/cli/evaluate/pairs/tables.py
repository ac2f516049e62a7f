"""The table of `seqgen eval` for runs of pairs: runs and baselines, the best first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqgen.cli.shared.render import print_left_out, print_prose, print_table
from seqgen.cli.shared.table_forms import TABLE_FORMS, TableForm

if TYPE_CHECKING:
    from seqgen.evaluation.pair_runs import Answers, ScoredPairs

Figures = dict[str, float | None]
"""Numbers of a report by their names there."""


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
class PairTable:
    """Everything that has answered the same pairs in the same way, the best first."""

    text_name: str
    runs: Sequence[ScoredPairs]
    lines: Sequence[tuple[str, Figures]]
    """Name and numbers of every run and every baseline."""
    columns: Sequence[Column]

    @property
    def header(self) -> list[str]:
        return ["model", *(column.heading for column in self.columns)]

    @property
    def rows(self) -> list[list[str]]:
        """The cells of the table."""
        return [
            [name, *(_cell(column, figures.get(column.key)) for column in self.columns)] for name, figures in self.lines
        ]

    @property
    def exact_rows(self) -> list[list[str]]:
        """The same with all digits."""
        figures = [[found.get(column.key) for column in self.columns] for _, found in self.lines]
        return [
            [name, *("" if value is None else repr(value) for value in values)]
            for (name, _), values in zip(self.lines, figures, strict=True)
        ]

    @property
    def best(self) -> set[int]:
        """The number of the best row, if there are several."""
        return {0} if len(self.lines) > 1 else set()


def _cell(column: Column, value: float | None) -> str:
    return "-" if value is None else column.write(value)


def pair_tables(rows: Sequence[ScoredPairs]) -> list[PairTable]:
    """Runs and baselines together, a table for all that have answered the same pairs."""
    groups: dict[tuple[str, str], list[ScoredPairs]] = {}
    for row in rows:
        groups.setdefault((row.pair_set.key, row.answers.main.measure), []).append(row)
    return [_table(group) for group in groups.values()]


def _table(rows: Sequence[ScoredPairs]) -> PairTable:
    runs = sorted(rows, key=lambda row: -row.answers.merit)
    lines: list[Answers] = [row.answers for row in runs]
    lines += dict.fromkeys(baseline for row in rows for baseline in row.baselines)
    lines.sort(key=lambda answers: -answers.merit)
    numbers = [(answers.name, answers.to_json()) for answers in lines]
    all_columns = LABEL_COLUMNS if runs[0].model.tokenizer.is_of_labels else TEXT_COLUMNS
    columns = [column for column in all_columns if any(column.key in figures for _, figures in numbers)]
    return PairTable(runs[0].pair_set.text_name, runs, numbers, columns)


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
