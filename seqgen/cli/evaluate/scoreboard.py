"""The table of `seqgen eval`, and the sentences below it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqgen.cli.shared.render import count, print_prose, print_table

if TYPE_CHECKING:
    from seqgen.evaluation import Baseline, CompressedSize, Score, ScoredReading

_HIGHEST_PER_WORD = 1e7
"""A perplexity per word above this says nothing: the text has hardly any words."""
_LONGEST_HEADING = 22
"""A row fits 80 columns if its heading has at most this many characters."""
_HEADER = ("model", "nats/token", "perplexity", "bits/char", "bits/byte", "tokens")


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    name: str
    score: Score | CompressedSize
    is_run: bool = False

    @property
    def bits(self) -> float:
        """Bits per byte; infinite if the text cannot be restored from the tokens."""
        per_byte = self.score.bits_per_byte
        return math.inf if per_byte is None else per_byte


@dataclass(frozen=True)
class ScoreTable:
    """The table as text."""

    rows: Sequence[Sequence[str]]
    """With several texts, a row of one cell names the text of the rows below it."""
    best: set[int]
    """The number of the row with the fewest bits, for every text that has several rows."""
    beaten: Sequence[str]
    """Sentences about texts that a baseline predicts better than any run."""
    header: Sequence[str] = _HEADER


def score_table(rows: Sequence[ScoredReading], baselines: Sequence[Baseline]) -> ScoreTable:
    """Runs and baselines together, text by text."""
    texts = {row.reading.text_key: row.reading.text_name for row in rows}
    has_several_tokenizers = len({row.reading.saved.tokenizer.kind for row in rows}) > 1
    cells: list[list[str]] = []
    best, beaten = set(), []
    for key, text_name in texts.items():
        if len(texts) > 1:
            cells.append([_shorten(text_name)])
        lines = [Line(row.reading.run_name, row.score, is_run=True) for row in rows if row.reading.text_key == key]
        for baseline in baselines:
            if baseline.text_key == key:
                lines += _baseline_lines(baseline, names_tokenizer=has_several_tokenizers)
        if len(lines) > 1 and (least := min(lines, key=lambda line: line.bits)).bits < math.inf:
            best.add(len(cells) + lines.index(least))
            if not least.is_run:
                beaten.append(f"{least.name} predicts {text_name} better than any run here")
        cells += [[line.name, *_figures(line.score)] for line in lines]
    return ScoreTable(cells, best, beaten)


def _baseline_lines(baseline: Baseline, *, names_tokenizer: bool) -> Iterator[Line]:
    """One line; two for a compressor, which compresses the text after the training text and alone."""
    from seqgen.evaluation import Compression

    if isinstance(baseline.figures, Compression):
        yield Line(baseline.name, baseline.figures.after)
        yield Line(f"{baseline.name}, alone", baseline.figures.alone)
    else:
        name = f"{baseline.name}, {baseline.tokenizer}" if names_tokenizer else baseline.name
        yield Line(name, baseline.figures)


def _shorten(name: str) -> str:
    """A heading that is no wider than the names below it."""
    half = _LONGEST_HEADING // 2
    return name if len(name) <= _LONGEST_HEADING else f"{name[:half]}…{name[-half:]}"


def _figures(score: Score | CompressedSize) -> list[str]:
    from seqgen.evaluation import CompressedSize

    bits = [_bits(score.bits_per_character), _bits(score.bits_per_byte)]
    if isinstance(score, CompressedSize):
        return ["", "", *bits, ""]
    return [f"{score.nats_per_token:.4f}", f"{score.perplexity:,.2f}", *bits, count(score.n_charged)]


def _bits(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def print_scores(rows: Sequence[ScoredReading], baselines: Sequence[Baseline]) -> None:
    """Print the table, with the best row of every text in bold, and sentences that explain its numbers."""
    from seqgen.evaluation import in_first_mode

    table = score_table(rows, baselines)
    names = ", ".join(dict.fromkeys(row.reading.text_name for row in rows))
    print_prose(f"{names}; context {rows[0].reading.mode.describe()}")
    print_table(table.header, table.rows, n_left=1, bold=table.best)
    for sentence in table.beaten:
        print_prose(f"{sentence}: more training on similar text would help")
    for description in dict.fromkeys(row.reading.mode.describe() for row in rows):
        if description != rows[0].reading.mode.describe():
            print_prose(description)
    _explain(in_first_mode(rows))


def _explain(rows: Sequence[ScoredReading]) -> None:
    _print_per_word(rows)
    _print_uncertainty(rows)
    _print_oov(rows)
    for name in dict.fromkeys(row.reading.text_name for row in rows if not row.score.is_lossless):
        reason = "because the whitespace tokenizer does not keep the spacing of this text"
        print_prose(f"{name}: no bits per character, {reason}")


def _print_per_word(rows: Sequence[ScoredReading]) -> None:
    """Only for a single run on a single text."""
    score = rows[0].score
    per_word = score.perplexity_per_word
    if len(rows) > 1 or per_word is None or per_word > _HIGHEST_PER_WORD:
        return
    shown = f"{per_word:,.2f}" if per_word < 1000 else f"{per_word:,.0f}"
    print_prose(
        f"perplexity per word: {shown} ({count(score.n_words)} words; the white space between them is included)"
    )


def _print_uncertainty(rows: Sequence[ScoredReading]) -> None:
    intervals: dict[str, list[str]] = {}
    for row in rows:
        if (plus_minus := row.plus_minus) is not None:
            intervals.setdefault(row.reading.text_name, []).append(f"± {plus_minus:.3f} bits/byte{_run(row, rows)}")
    for name, widths in intervals.items():
        print_prose(f"{name}: expected on similar texts: {', '.join(widths)} (95 % interval)")


def _print_oov(rows: Sequence[ScoredReading]) -> None:
    """Once for all runs that have the same vocabulary."""
    alike: dict[tuple[str, str, float], list[ScoredReading]] = {}
    for row in rows:
        if (escape := row.score.oov_probability) is not None:
            alike.setdefault((row.reading.text_name, row.reading.oov_summary, escape), []).append(row)
    for (name, oov, escape), same in alike.items():
        without = ", ".join(f"{_bits(row.score.bits_per_known_character)}{_run(row, rows)}" for row in same)
        print_prose(
            f"{name}: {oov} are included and count as tokens. Each costs {-math.log(escape):.1f} nats for being new "
            f"(e = {escape:.2g}), plus a choice among all remaining characters; bits/char without them: {without}"
        )


def _run(row: ScoredReading, rows: Sequence[ScoredReading]) -> str:
    """The run in brackets, if there are several."""
    return f" ({row.reading.run_name})" if len({row.reading.run_name for row in rows}) > 1 else ""
