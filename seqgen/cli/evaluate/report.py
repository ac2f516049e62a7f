"""`seqgen report`: everything about some runs in one HTML file."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seqgen.cli.evaluate.info import facts_of
from seqgen.cli.evaluate.novelty import X_LABEL, Y_LABEL, curves_of
from seqgen.cli.evaluate.options import ReportOptions
from seqgen.cli.evaluate.page import corpus_options, draw_curves, filled_page, loss_curve
from seqgen.cli.evaluate.pairs.report import pairs_page
from seqgen.cli.evaluate.ranking import ranking_sentences
from seqgen.cli.evaluate.readings import announced_readings, are_of_pairs, open_runs
from seqgen.cli.evaluate.scoreboard import HEADER, ScoreTable, score_tables
from seqgen.cli.evaluate.summary import N_SAMPLES, copying_sentence, score_sentence, temperature_sentence
from seqgen.cli.shared.loss_curves import LossHistory
from seqgen.cli.shared.render import note
from seqgen.cli.shared.wait_line import starting
from seqgen.cli.shared.wanted_files import require_page
from seqgen.config import SamplingConfig, SamplingRequest
from seqgen.durable import write_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seqgen.evaluation import Reading, ScoredReading
    from seqgen.run import SavedModel

_TEMPERATURES = (0.5, 0.8, 1.1)
_SAMPLE_LENGTH = 600
_N_COPY_SAMPLES = 20
"""Samples that are searched for copies."""
_N_SHADED_TOKENS = 2500
_N_SPANS = 3
"""Copied pieces that are shown."""
_SHADE_LIMITS = (1, 2, 4, 8)
"""Surprise in bits at which the next darker shade begins."""


def report(options: ReportOptions) -> None:
    """Write one HTML file about runs. It has scores beside baselines, loss curves, samples, surprise and copies.

    The file needs no other file, prints well, and has the command behind every number.
    """
    with starting():
        import seqgen.evaluation  # noqa: F401  # it takes a second or two

    path = require_page(options.out)
    models = open_runs(options.runs)
    if are_of_pairs(models):
        page = filled_page("pairs/report.html.jinja", pairs_page(models, options))
    else:
        page = filled_page("report.html.jinja", _texts_page(models, options))
    write_bytes(path, page)
    note(f"report: {path}")


def _texts_page(models: Sequence[SavedModel], options: ReportOptions) -> dict[str, Any]:
    from seqgen.evaluation import Context, ScoredReading, TextSelection, baselines_of, split_warnings

    selection = TextSelection(part=options.part, corpus_paths=options.corpus)
    rows, beginnings = [], []
    for reading in announced_readings(models, selection, Context(), are_named=bool(options.runs)):
        beginning = _ShadedBeginning(reading)
        rows.append(ScoredReading.of(reading, observers=[beginning]))
        beginnings.append(beginning.tokens)
    for warning in split_warnings(rows):
        note(warning)
    tables = score_tables(rows, list(baselines_of(rows, options.corpus)))
    return {
        "title": ", ".join(row.reading.run_name for row in rows),
        "scores": _scores(rows, options, tables),
        "runs": [
            _run(row, tokens, options=options, tables=tables) for row, tokens in zip(rows, beginnings, strict=True)
        ],
    }


def _scores(rows: Sequence[ScoredReading], options: ReportOptions, tables: Sequence[ScoreTable]) -> dict[str, Any]:
    from seqgen.evaluation import compare_all

    comparisons = compare_all(rows)
    paths = " ".join(shlex.quote(row.reading.saved.address) for row in rows)
    return {
        "header": HEADER,
        "tables": tables,
        "sentences": [
            *ranking_sentences(rows, comparisons),
            *dict.fromkeys(comparison.sentence for comparison in comparisons),
        ],
        "context": rows[0].reading.mode.describe(),
        "command": f"seqgen eval {paths} --part {options.part}{corpus_options(options)} --baselines",
    }


def _run(
    row: ScoredReading, tokens: list[dict[str, Any]], *, options: ReportOptions, tables: Sequence[ScoreTable]
) -> dict[str, Any]:
    """The part of the page about one run; `tokens` are the beginning of its text."""
    model = row.reading.saved
    (table,) = (table for table in tables if table.text_key == row.reading.text_key)
    path = shlex.quote(model.address)
    losses = LossHistory.of(model)
    novelty, (temperature, is_measured) = _novelty(row, path, options), temperature_sentence(model, options.corpus)
    return {
        "name": row.reading.run_name,
        "facts": facts_of(model),
        "curve": loss_curve(losses, key=f"{model.sha256} curve"),
        "samples": _samples(model),
        "sample_command": _sample_command(path),
        "text_name": row.reading.text_name,
        "surprise": tokens,
        "surprise_command": f"seqgen eval {path} --part {options.part}{corpus_options(options)} --show",
        "novelty": novelty,
        "summary": [score_sentence(row, table), copying_sentence(novelty["verdict"]), temperature],
        "summary_command": f"seqgen eval {path} --samples {N_SAMPLES}{corpus_options(options)}" if is_measured else "",
    }


def _samples(model: SavedModel) -> list[dict[str, Any]]:
    from seqgen.sampling import fit_prompt, write_texts

    prompt = fit_prompt("", model.tokenizer)
    request = SamplingRequest(length=_SAMPLE_LENGTH)
    configs = [SamplingConfig(temperature=temperature) for temperature in _TEMPERATURES]
    return [
        {
            "temperature": config.temperature,
            "text": write_texts(model, prompt, config=config, request=request)[0].text,
        }
        for config in configs
    ]


def _sample_command(path: str) -> str:
    temperatures = " ".join(f"--temp {temperature:g}" for temperature in _TEMPERATURES)
    return f"seqgen sample {path} --length {_SAMPLE_LENGTH} {temperatures} --seed {SamplingConfig.seed}"


def _novelty(row: ScoredReading, path: str, options: ReportOptions) -> dict[str, Any]:
    from seqgen.evaluation import find_copies

    model = row.reading.saved
    copies = find_copies(model, n_samples=_N_COPY_SAMPLES, corpus_paths=options.corpus)
    key = f"{model.sha256} novelty"
    return {
        "verdict": copies.conclusion,
        "limit": copies.limit,
        "name": copies.name,
        "curve": draw_curves(curves_of(copies), key=key, x_label=X_LABEL, y_label=Y_LABEL),
        "spans": copies.longest_spans(_N_SPANS),
        "command": f"seqgen eval {path} --novelty --samples {_N_COPY_SAMPLES}{corpus_options(options)}",
    }


class _ShadedBeginning:
    """An observer that keeps the first tokens of a text, each with its surprise."""

    def __init__(self, reading: Reading) -> None:
        from seqgen.tokenizers import Detokenizer

        self._detokenizer = Detokenizer(reading.saved.tokenizer)
        self.tokens: list[dict[str, Any]] = []

    def take(self, symbols: NDArray[Any], nats: NDArray[np.float64]) -> None:
        from seqgen.evaluation.symbols import write_symbol

        n_left = _N_SHADED_TOKENS - len(self.tokens)
        for symbol, loss in zip(symbols[:n_left].tolist(), nats[:n_left].tolist(), strict=True):
            bits = loss / math.log(2)
            level = sum(bits >= limit for limit in _SHADE_LIMITS)
            self.tokens.append({"text": write_symbol(self._detokenizer, symbol), "bits": bits, "level": level})
