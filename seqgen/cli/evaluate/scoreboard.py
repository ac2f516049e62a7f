"""The table of `seqgen eval`: runs and baselines, the best first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqgen.cli.evaluate.ranking import Pool, pools_of
from seqgen.cli.evaluate.standing import standing_sentences
from seqgen.cli.shared.render import count, print_left_out, print_prose, print_table
from seqgen.cli.shared.table_forms import TABLE_FORMS, TableForm

if TYPE_CHECKING:
    from seqgen.evaluation import Baseline, CompressedSize, ScoredReading, ScoredText

HEADER = ("model", "bits/char", "bits/byte", "perplexity", "nats/token", "tokens")
_DROPPABLE = ("tokens", "nats/token", "bits/byte", "perplexity")
_COMPRESSORS = "compressors"
"""The heading above their rows."""


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    name: str
    score: Pool | ScoredText | CompressedSize

    @property
    def is_run(self) -> bool:
        return isinstance(self.score, Pool)

    @property
    def is_compressor(self) -> bool:
        from seqgen.evaluation import CompressedSize

        return isinstance(self.score, CompressedSize)

    @property
    def bits(self) -> float:
        """Bits per byte; infinite if the text cannot be restored from the tokens."""
        per_byte = self.figure("bits_per_byte")
        return math.inf if per_byte is None else per_byte

    def figure(self, name: str) -> float | None:
        """A figure of the score, the mean of several runs; None if it has no such figure."""
        if isinstance(self.score, Pool):
            return self.score.mean(name)
        score = getattr(self.score, "score", self.score)
        value: float | None = getattr(score, name, None)
        return value


@dataclass(frozen=True)
class ScoreTable:
    """Everything that was scored on one text, the best first."""

    text_key: str
    """Equal for equal texts, as `Reading.text_key`."""
    text_name: str
    lines: Sequence[Line]
    """Runs and baselines that predict tokens, the best first; then compressors, the best first."""

    @property
    def rows(self) -> list[list[str]]:
        """The cells of the table. A row of one cell is the heading of the rows below it."""
        rows = [[line.name, *_cells(line)] for line in self.lines]
        first = next((number for number, line in enumerate(self.lines) if line.is_compressor), None)
        if first is not None:
            rows.insert(first, [_COMPRESSORS])
        return rows

    @property
    def best(self) -> set[int]:
        """The number of the best row, if there are several; no row if none has bits."""
        least = min(self.lines, key=lambda line: line.bits)
        if len(self.lines) < 2 or least.bits == math.inf:
            return set()
        number = self.lines.index(least)
        return {number + least.is_compressor}

    @property
    def sentences(self) -> Iterator[str]:
        """How the best run stands beside the baselines, and how much several seeds differ."""
        yield from standing_sentences(self.lines, self.text_name)
        for line in self.lines:
            if isinstance(line.score, Pool) and (deviation := line.score.deviation("bits_per_byte")) is not None:
                yield (
                    f"{line.name}: means over the seeds; the standard deviation is {deviation:.4f} bits/byte "
                    f"on {self.text_name}"
                )


def score_tables(rows: Sequence[ScoredReading], baselines: Sequence[Baseline]) -> list[ScoreTable]:
    """Runs and baselines together, a table for each text."""
    texts = {row.reading.text_key: row.reading.text_name for row in rows}
    has_several_tokenizers = len({row.reading.saved.tokenizer.kind for row in rows}) > 1
    tables: list[ScoreTable] = []
    for key, text_name in texts.items():
        lines = [Line(pool.name, pool) for pool in pools_of([row for row in rows if row.reading.text_key == key])]
        for baseline in baselines:
            if baseline.text_key == key:
                lines += _baseline_lines(baseline, names_tokenizer=has_several_tokenizers)
        tables.append(ScoreTable(key, text_name, sorted(lines, key=lambda line: (line.is_compressor, line.bits))))
    return tables


def _baseline_lines(baseline: Baseline, *, names_tokenizer: bool) -> Iterator[Line]:
    """One line; two for a compressor, which compresses the text after the training text and alone."""
    from seqgen.evaluation import Compression

    if isinstance(baseline.figures, Compression):
        yield Line(baseline.name, baseline.figures.after)
        yield Line(f"{baseline.name}, alone", baseline.figures.alone)
    else:
        name = f"{baseline.name}, {baseline.tokenizer}" if names_tokenizer else baseline.name
        yield Line(name, baseline.figures)


def _cells(line: Line) -> list[str]:
    bits = [bits_text(line.figure("bits_per_character")), bits_text(line.figure("bits_per_byte"))]
    perplexity, nats, n_tokens = (line.figure(name) for name in ("perplexity", "nats_per_token", "n_charged"))
    if perplexity is None or nats is None or n_tokens is None:
        return [*bits, "", "", ""]
    return [*bits, f"{perplexity:,.2f}", f"{nats:.4f}", count(n_tokens)]


def bits_text(value: float | None) -> str:
    """Bits with four digits; a dash where there are none."""
    return "-" if value is None else f"{value:.4f}"


def print_tables(tables: Sequence[ScoreTable]) -> None:
    """Print a table for each text, with the best row in bold."""
    left_out: list[str] = []
    for table in tables:
        if len(tables) > 1:
            print()
            print_prose(table.text_name)
        left_out += print_table(HEADER, table.rows, n_left=1, bold=table.best, droppable=_DROPPABLE)
    print_left_out([name for name in HEADER if name in left_out])


_FIGURES = ("bits_per_character", "bits_per_byte", "perplexity", "nats_per_token", "n_charged")


def tables_in_form(tables: Sequence[ScoreTable], form: TableForm) -> str:
    """All tables as one, for another program or a paper; CSV has the figures in full."""
    rows: list[list[str]] = []
    for table in tables:
        for line in table.lines:
            figures = [line.figure(name) for name in _FIGURES]
            exact = ["" if figure is None else repr(figure) for figure in figures]
            name = [table.text_name] if len(tables) > 1 else []
            rows.append([*name, line.name, *(exact if form == "csv" else _cells(line))])
    header = (*(["text"] if len(tables) > 1 else []), *HEADER)
    return TABLE_FORMS[form](header, rows)
