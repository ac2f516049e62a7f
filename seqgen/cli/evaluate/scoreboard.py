"""The table of `seqgen eval`, and what is to be known of its figures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqgen.cli.shared.render import count, print_prose, print_table

if TYPE_CHECKING:
    from seqgen.evaluation import Baseline, CompressedSize, Score, ScoredReading

_MOST_PER_WORD = 1e7  # a perplexity beyond it says nothing: the text has hardly any words
_MOST_NAME = 22  # characters, with which a row fits 80
_HEADER = ("model", "nats/token", "perplexity", "bits/char", "bits/byte", "tokens")


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    name: str
    figures: Score | CompressedSize
    is_run: bool = False

    @property
    def bits(self) -> float:
        per_byte = self.figures.bits_per_byte
        return math.inf if per_byte is None else per_byte


def lines_of(baseline: Baseline, *, is_tokenizer_named: bool) -> Iterator[Line]:
    """One, or of a compressor two: after the training text, as a model has it, and alone."""
    from seqgen.evaluation import Compression

    if isinstance(baseline.figures, Compression):
        yield Line(baseline.name, baseline.figures.after)
        yield Line(f"{baseline.name}, alone", baseline.figures.alone)
    else:
        name = f"{baseline.name}, {baseline.tokenizer}" if is_tokenizer_named else baseline.name
        yield Line(name, baseline.figures)


@dataclass(frozen=True)
class ScoreTable:
    """Figures as they are shown."""

    rows: Sequence[Sequence[str]]
    """A row of one cell names the text of the rows below it, where there are several texts."""
    best: set[int]
    """Of every text the row with the fewest bits, where there are several."""
    beaten: Sequence[str]
    """What is to be said of texts that a baseline predicts better than any run."""
    header: Sequence[str] = _HEADER


def score_table(rows: Sequence[ScoredReading], others: Sequence[Baseline]) -> ScoreTable:
    """Runs and baselines together, text by text."""
    texts = {row.reading.text_key: row.reading.text_name for row in rows}
    has_one_kind = len({row.reading.saved.tokenizer.kind for row in rows}) == 1
    cells: list[list[str]] = []
    best, beaten = set(), []
    for key, text_name in texts.items():
        if len(texts) > 1:
            cells.append([_shortened(text_name)])
        own = [Line(row.reading.run_name, row.score, is_run=True) for row in rows if row.reading.text_key == key]
        own += [
            line for one in others if one.text_key == key for line in lines_of(one, is_tokenizer_named=not has_one_kind)
        ]
        if len(own) > 1 and (least := min(own, key=lambda line: line.bits)).bits < math.inf:
            best.add(len(cells) + own.index(least))
            if not least.is_run:
                beaten.append(f"{least.name} predicts {text_name} better than any run here")
        cells += [[line.name, *_figures(line.figures)] for line in own]
    return ScoreTable(cells, best, beaten)


def _shortened(name: str) -> str:
    """A heading no wider than the names below it."""
    half = _MOST_NAME // 2
    return name if len(name) <= _MOST_NAME else f"{name[:half]}…{name[-half:]}"


def print_scores(rows: Sequence[ScoredReading], others: Sequence[Baseline]) -> None:
    """The table, the best bits of every text in bold, and what is to be known of its figures."""
    from seqgen.evaluation import in_first_mode

    table = score_table(rows, others)
    names = ", ".join(dict.fromkeys(row.reading.text_name for row in rows))
    print_prose(f"{names}; context {rows[0].reading.mode.describe()}")
    print_table(table.header, table.rows, n_left=1, bold=table.best)
    for sentence in table.beaten:
        print_prose(f"{sentence}: more training on such text would help")
    for description in dict.fromkeys(row.reading.mode.describe() for row in rows):
        if description != rows[0].reading.mode.describe():
            print_prose(description)
    _explain(in_first_mode(rows))


def _figures(figures: Score | CompressedSize) -> list[str]:
    from seqgen.evaluation import CompressedSize

    bits = [_bits(figures.bits_per_character), _bits(figures.bits_per_byte)]
    if isinstance(figures, CompressedSize):
        return ["", "", *bits, ""]
    per_token = [f"{figures.nats_per_token:.4f}", f"{figures.perplexity:,.2f}"]
    return [*per_token, *bits, count(figures.n_charged)]


def _bits(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _name(row: ScoredReading, rows: Sequence[ScoredReading]) -> str:
    """In brackets, where there are several."""
    return f" ({row.reading.run_name})" if len({row.reading.run_name for row in rows}) > 1 else ""


def _explain(rows: Sequence[ScoredReading]) -> None:
    _print_per_word(rows)
    _print_uncertainty(rows)
    _print_oov(rows)
    for name in dict.fromkeys(row.reading.text_name for row in rows if not row.score.is_lossless):
        print_prose(f"{name}: no bits, because words between spaces do not give this text back")


def _print_per_word(rows: Sequence[ScoredReading]) -> None:
    """Of a single run on a single text."""
    score = rows[0].score
    per_word = score.perplexity_per_word
    if len(rows) > 1 or per_word is None or per_word > _MOST_PER_WORD:
        return
    shown = f"{per_word:,.2f}" if per_word < 1000 else f"{per_word:,.0f}"
    print_prose(f"perplexity {shown} per word: {count(score.n_words)} words between white space, which they pay for")


def _print_uncertainty(rows: Sequence[ScoredReading]) -> None:
    of_text: dict[str, list[str]] = {}
    for row in rows:
        if (plus_minus := row.plus_minus) is not None:
            of_text.setdefault(row.reading.text_name, []).append(f"± {plus_minus:.3f}{_name(row, rows)}")
    for name, widths in of_text.items():
        print_prose(f"{name}: on other texts of the kind bits/byte would be within {', '.join(widths)}, 95 %")


def _print_oov(rows: Sequence[ScoredReading]) -> None:
    """Once for all runs with one vocabulary."""
    alike: dict[tuple[str, str, float], list[ScoredReading]] = {}
    for row in rows:
        if (escape := row.score.oov_probability) is not None:
            alike.setdefault((row.reading.text_name, row.reading.oov_summary, escape), []).append(row)
    for (name, unseen, escape), own in alike.items():
        without = ", ".join(f"{_bits(row.score.bits_per_known_character)}{_name(row, rows)}" for row in own)
        print_prose(
            f"{name}: {unseen} are in these figures and count as tokens, at e = {escape:.2g} ({-math.log(escape):.1f} nats "
            f"for being new, and one in all remaining characters); bits/char without them: {without}"
        )
