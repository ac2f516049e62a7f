"""The sentences below the table of `seqgen eval`: what is uncertain about its numbers, and what they include."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seqgen.cli.evaluate.scoreboard import bits_text
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.evaluation import ScoredReading

_HIGHEST_PER_WORD = 1e7
"""A perplexity per word above this says nothing: the text has hardly any words."""


def explanations(rows: Sequence[ScoredReading]) -> Iterator[str]:
    """Sentences about the numbers of these rows."""
    from seqgen.evaluation import in_first_mode

    for description in dict.fromkeys(row.reading.mode.describe() for row in rows):
        if description != rows[0].reading.mode.describe():
            yield description
    rows = in_first_mode(rows)
    yield from _per_word(rows)
    yield from _uncertainty(rows)
    yield from _oov(rows)
    yield from _training_figures(rows)
    yield from _begun_from(rows)
    for name in dict.fromkeys(row.reading.text_name for row in rows if not row.score.is_lossless):
        reason = "because the whitespace tokenizer does not keep the spacing of this text"
        yield f"{name}: no bits per character, {reason}"


def _per_word(rows: Sequence[ScoredReading]) -> Iterator[str]:
    """Only for a single run on a single text."""
    score = rows[0].score
    per_word = score.perplexity_per_word
    if len(rows) > 1 or per_word is None or per_word > _HIGHEST_PER_WORD:
        return
    shown = f"{per_word:,.2f}" if per_word < 1000 else f"{per_word:,.0f}"
    words = count_of(score.n_words, "word")
    yield f"perplexity per word: {shown} ({words}; the white space between them is included)"


def _uncertainty(rows: Sequence[ScoredReading]) -> Iterator[str]:
    from seqgen.evaluation import MIN_BYTES_ALONE

    intervals: dict[str, list[str]] = {}
    for row in (row for row in rows if row.score.is_lossless):
        widths = intervals.setdefault(row.reading.text_name, [])
        if (plus_minus := row.plus_minus) is not None:
            widths.append(f"{plus_minus:.3f} bits/byte{_run(row, rows)}")
    for name, widths in intervals.items():
        yield (
            f"{name}: a longer text of this kind should score within {', '.join(widths)} of this (95 % interval)"
            if widths
            else f"{name}: too short to tell what a longer text would score, which takes {MIN_BYTES_ALONE:,} bytes"
        )


def _oov(rows: Sequence[ScoredReading]) -> Iterator[str]:
    """Once for all runs that have the same vocabulary."""
    alike: dict[tuple[str, str, float], list[ScoredReading]] = {}
    for row in rows:
        if (escape := row.score.oov_probability) is not None:
            alike.setdefault((row.reading.text_name, row.reading.oov_summary, escape), []).append(row)
    for (name, oov, escape), same in alike.items():
        without = ", ".join(f"{bits_text(row.score.bits_per_known_character)}{_run(row, rows)}" for row in same)
        yield (
            f"{name}: {oov} are included and count as tokens. Each costs {-math.log(escape):.1f} nats for being new "
            f"(e = {escape:.2g}), plus a choice among all remaining characters; bits/char without them: {without}"
        )


def _training_figures(rows: Sequence[ScoredReading]) -> Iterator[str]:
    """Where training has reported another figure for the same part, and why."""
    figures: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        reported, reason = row.reading.saved.record.progress.valid_bits_per_character, _why_training_differs(row)
        if reported is None or reason is None or bits_text(reported) == bits_text(row.score.bits_per_character):
            continue
        figures.setdefault((row.reading.text_name, reason), []).append(f"{bits_text(reported)}{_run(row, rows)}")
    for (name, reason), reported_bits in figures.items():
        yield f"{name}: training reported {', '.join(reported_bits)} bits/char, because it {reason}"


def _why_training_differs(row: ScoredReading) -> str | None:
    """What validation in training does differently by construction; None for another text or context."""
    from seqgen.evaluation import Context
    from seqgen.training.data import count_valid_streams

    record, n_tokens = row.reading.saved.record, row.score.n_tokens
    if row.reading.part != "valid" or row.reading.mode != Context():
        return None
    if row.reading.saved.expert is not None:
        return "scored the network without its n-gram expert, as --no-expert does"
    n_validated = min(n_tokens, record.training.valid_tokens or n_tokens)
    first = f"read only the first {n_validated:,} of {n_tokens:,} tokens" if n_validated < n_tokens else ""
    known = "left out-of-vocabulary characters out" if row.score.n_oov else ""
    if first or known:
        return " and ".join(filter(None, (first, known)))
    n_streams = count_valid_streams(n_tokens, record.model.vocab_size)
    return f"read it as {n_streams} streams, each without the text before it" if n_streams > 1 else None


def _begun_from(rows: Sequence[ScoredReading]) -> Iterator[str]:
    """Which runs learned from more than their own text."""
    for name, begun_from in dict.fromkeys((row.reading.run_name, row.reading.saved.record.begun_from) for row in rows):
        if begun_from is not None:
            yield f"{name} was begun from {begun_from}"


def _run(row: ScoredReading, rows: Sequence[ScoredReading]) -> str:
    """The run in brackets, if there are several."""
    return f" ({row.reading.run_name})" if len({row.reading.run_name for row in rows}) > 1 else ""
