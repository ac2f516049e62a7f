"""`seqgen report`: everything about some runs in one HTML file."""

from __future__ import annotations

import datetime
import math
import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqgen.cli.evaluate.info import facts_of
from seqgen.cli.evaluate.novelty import X_LABEL, Y_LABEL, curves_of
from seqgen.cli.evaluate.options import ReportOptions
from seqgen.cli.evaluate.ranking import ranking_sentences
from seqgen.cli.evaluate.readings import announced_readings, open_runs
from seqgen.cli.evaluate.scoreboard import HEADER, ScoreTable, score_tables
from seqgen.cli.evaluate.summary import N_SAMPLES, copying_sentence, score_sentence, temperature_sentence
from seqgen.cli.shared.loss_curves import LossHistory
from seqgen.cli.shared.picture_files import draw_or_note
from seqgen.cli.shared.pictures import Curve, draw_as_svg
from seqgen.cli.shared.render import escape_undecodable, note
from seqgen.cli.shared.wait_line import starting
from seqgen.config import SamplingConfig, SamplingRequest
from seqgen.durable import write_bytes
from seqgen.errors import RunError
from seqgen.version import __version__

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
        from seqgen.evaluation import Context, ScoredReading, TextSelection, baselines_of, split_warnings

    models = open_runs(options.runs)
    path = Path(options.out)
    _require_writable(path)
    selection = TextSelection(part=options.part, corpus_paths=options.corpus)
    rows, beginnings = [], []
    for reading in announced_readings(models, selection, Context(), are_named=bool(options.runs)):
        beginning = _ShadedBeginning(reading)
        rows.append(ScoredReading.of(reading, observers=[beginning]))
        beginnings.append(beginning.tokens)
    for warning in split_warnings(rows):
        note(warning)
    tables = score_tables(rows, list(baselines_of(rows, options.corpus)))
    page = {
        "title": ", ".join(row.reading.run_name for row in rows),
        "version": __version__,
        "created": datetime.datetime.now().astimezone().strftime("%d %B %Y"),
        "scores": _scores(rows, options, tables),
        "runs": [
            _run(row, tokens, options=options, tables=tables) for row, tokens in zip(rows, beginnings, strict=True)
        ],
    }
    _save(path, page)
    note(f"report: {path}")


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
        "command": f"seqgen eval {paths} --part {options.part}{_corpus_options(options)} --baselines",
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
        "curve": _loss_curve(losses, key=f"{model.sha256} curve"),
        "samples": _samples(model),
        "sample_command": _sample_command(path),
        "text_name": row.reading.text_name,
        "surprise": tokens,
        "surprise_command": f"seqgen eval {path} --part {options.part}{_corpus_options(options)} --show",
        "novelty": novelty,
        "summary": [score_sentence(row, table), copying_sentence(novelty["verdict"]), temperature],
        "summary_command": f"seqgen eval {path} --samples {N_SAMPLES}{_corpus_options(options)}" if is_measured else "",
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
        "curve": _draw(curves_of(copies), key=key, x_label=X_LABEL, y_label=Y_LABEL),
        "spans": copies.longest_spans(_N_SPANS),
        "command": f"seqgen eval {path} --novelty --samples {_N_COPY_SAMPLES}{_corpus_options(options)}",
    }


def _loss_curve(losses: LossHistory, *, key: str) -> str:
    """Nothing for a model outside a run folder, of which there are no reports."""
    return _draw(losses.curves(), key=key, x_label="step", y_label=losses.unit) if losses.history.reports else ""


def _draw(curves: Sequence[Curve], *, key: str, x_label: str, y_label: str) -> str:
    """The curves as an SVG element; nothing if they cannot be drawn."""
    drawn = draw_or_note(lambda: draw_as_svg(curves, key=key, x_label=x_label, y_label=y_label), name="a curve")
    return drawn or ""


def _corpus_options(options: ReportOptions) -> str:
    """The `--corpus` options that a command of the page must repeat."""
    return "".join(f" --corpus {shlex.quote(path)}" for path in options.corpus)


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


def _require_writable(path: Path) -> None:
    """Fail before the work is done, not after it."""
    if path.is_dir():
        raise RunError(f"{path} cannot be written: it is a folder")
    if not path.parent.is_dir():
        raise RunError(f"{path} cannot be written: its folder does not exist")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise RunError(f"{path} cannot be written: its folder or the file is read-only")


def _save(path: Path, page: dict[str, Any]) -> None:
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("seqgen.cli.evaluate", "."), autoescape=True, trim_blocks=False)
    html = environment.get_template("report.html.jinja").render(**page)
    write_bytes(path, escape_undecodable(html).encode("utf-8", "replace"))
