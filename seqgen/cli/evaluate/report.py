"""`seqgen report`: all that is known of some runs, in one file to keep."""

from __future__ import annotations

import datetime
import math
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqgen.cli.evaluate.evaluate import note_baselines, readings_of
from seqgen.cli.evaluate.info import facts_of
from seqgen.cli.evaluate.novelty import X_LABEL, Y_LABEL, curves_of
from seqgen.cli.evaluate.scoreboard import score_table
from seqgen.cli.shared.options import option
from seqgen.cli.shared.pictures import draw_as_svg, training_curve, validation_curve
from seqgen.cli.shared.render import note
from seqgen.config import Part, SamplingConfig, SamplingRequest
from seqgen.durable import write_bytes
from seqgen.errors import RunError
from seqgen.version import __version__

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seqgen.evaluation import Reading, ScoredReading

_TEMPERATURES = (0.5, 0.8, 1.1)
_SAMPLE_LENGTH = 600
_N_SAMPLES = 20
_N_SHADED = 2500  # tokens
_N_SPANS = 3
_LEVELS = (1, 2, 4, 8)  # bits


def report(
    runs: Annotated[list[str] | None, typer.Argument(metavar="[RUN]...", help="Run folders or .safetensors files; the newest run if left out.", show_default=False)] = None,
    out: Annotated[str, option("File to write; report.html if left out.")] = "report.html",
    part: Annotated[Part, option("Part of the run's own corpus to score; valid if left out.")] = "valid",
    corpus: Annotated[list[str] | None, option("Where the run's corpus is now, if it has moved.")] = None,
) -> None:  # fmt: skip
    """Write one HTML file about runs: scores beside baselines, curves, samples, surprises, copies.

    It needs nothing but itself, prints well, and says how to get every number again.
    """
    from seqgen.evaluation import Context, ScoredReading, TextSelection, split_warnings
    from seqgen.run import open_model

    models = [open_model(run) for run in runs] if runs else [open_model()]
    _check(Path(out))
    rows, shaded = [], []
    for reading in readings_of(models, TextSelection(part=part, corpus_paths=corpus or []), Context()):
        shades = _Shades(reading)
        rows.append(ScoredReading.of(reading, observers=[shades]))
        shaded.append(shades.pieces)
    for warning in split_warnings(rows):
        note(warning)
    where = "".join(f" --corpus {shlex.quote(path)}" for path in corpus or [])
    page = {
        "title": ", ".join(row.reading.run_name for row in rows),
        "version": __version__,
        "created": datetime.datetime.now().astimezone().strftime("%d %B %Y"),
        "scores": _scores(rows, corpus or [], f" --part {part}{where}"),
        "runs": [
            _run(row, pieces, f" --part {part}{where}", where, corpus or [])
            for row, pieces in zip(rows, shaded, strict=True)
        ],
    }
    _save(Path(out), page)
    note(f"report: {out}")


def _scores(rows: Sequence[ScoredReading], corpus: Sequence[str], options: str) -> dict[str, Any]:
    from seqgen.evaluation import baselines_of, compare_all

    note_baselines(rows)
    others = list(baselines_of(rows, corpus))
    paths = " ".join(shlex.quote(str(row.reading.saved.path)) for row in rows)
    return {
        "table": score_table(rows, others),
        "sentences": list(dict.fromkeys(comparison.sentence for comparison in compare_all(rows))),
        "context": rows[0].reading.mode.describe(),
        "command": f"seqgen eval {paths}{options} --baselines",
    }


def _run(
    row: ScoredReading, pieces: list[dict[str, Any]], options: str, where: str, corpus: Sequence[str]
) -> dict[str, Any]:
    from seqgen.evaluation import find_copies
    from seqgen.sampling import fit_prompt, write_texts

    model = row.reading.saved
    history = model.history()
    prompt = fit_prompt("", model.tokenizer)
    made = {
        temperature: write_texts(
            model,
            prompt,
            config=SamplingConfig(temperature=temperature),
            request=SamplingRequest(length=_SAMPLE_LENGTH),
        )[0].text
        for temperature in _TEMPERATURES
    }
    note(f"{row.reading.run_name}: looking for copies")
    found = find_copies(model, n_samples=_N_SAMPLES, corpus_paths=corpus)
    path = shlex.quote(str(model.path))
    temperatures = " ".join(f"--temp {temperature:g}" for temperature in _TEMPERATURES)
    curves = [training_curve(history), validation_curve(history)] if history.reports else []
    return {
        "name": row.reading.run_name,
        "facts": facts_of(model),
        "curve": draw_as_svg(curves, key=f"{model.sha256} curve", x_label="step") if curves else "",
        "samples": [{"temperature": temperature, "text": text} for temperature, text in made.items()],
        "sample_command": f"seqgen sample {path} --length {_SAMPLE_LENGTH} {temperatures}",
        "text_name": row.reading.text_name,
        "surprise": pieces,
        "surprise_command": f"seqgen eval {path}{options} --show",
        "novelty": {
            "verdict": found.conclusion,
            "name": found.name,
            "curve": draw_as_svg(curves_of(found), key=f"{model.sha256} novelty", x_label=X_LABEL, y_label=Y_LABEL),
            "spans": [
                {"length": span.length, "own": span.written, "theirs": span.original, "line": span.line_name}
                for span in found.longest_spans(_N_SPANS)
            ],
            "command": f"seqgen eval {path} --novelty --samples {_N_SAMPLES}{where}",
        },
    }


class _Shades:
    """An observer that keeps the beginning of a text in pieces, each with how surprising it was."""

    def __init__(self, reading: Reading) -> None:
        from seqgen.tokenizers import Detokenizer

        self._detokenizer = Detokenizer(reading.saved.tokenizer)
        self.pieces: list[dict[str, Any]] = []

    def take(self, ids: NDArray[Any], nats: NDArray[np.float64]) -> None:
        n_left = _N_SHADED - len(self.pieces)
        for token, cost in zip(ids[:n_left].tolist(), nats[:n_left].tolist(), strict=True):
            bits = cost / math.log(2)
            level = sum(bits >= least for least in _LEVELS)
            self.pieces.append({"text": self._detokenizer.write(token), "bits": bits, "level": level})


def _check(path: Path) -> None:
    """Fail before the work is done, not after it."""
    if path.is_dir() or not path.parent.is_dir():
        raise RunError(f"{path} cannot be written: it must be a file in a folder that there is")


def _save(path: Path, page: dict[str, Any]) -> None:
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("seqgen.cli.evaluate", "."), autoescape=True, trim_blocks=False)
    html = environment.get_template("report.html.jinja").render(**page)
    write_bytes(path, html.encode("utf-8", "replace"))
