"""`seqgen eval --samples`: the temperature at which samples are most like human text."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqgen.cli.shared.picture_files import picture_path, save_picture
from seqgen.cli.shared.pictures import Curve, draw_as_png
from seqgen.cli.shared.render import note, print_json, print_prose, print_table
from seqgen.config import DEFAULT_LENGTH
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.evaluation import Quality, QualityReport
    from seqgen.run import SavedModel

PICTURE_FILE = "quality.png"
_N_STEADY = 30
"""With fewer samples, the numbers change noticeably from one seed to another."""


def report_quality(models: Sequence[SavedModel], n_samples: int, *, corpus_paths: Sequence[str], as_json: bool) -> None:
    """Write samples at every temperature and compare them with the held-out text."""
    from seqgen.evaluation import measure_quality

    items = []
    for model in models:
        note(f"model: {model.address}")
        report = measure_quality(model, n_samples=n_samples, corpus_paths=corpus_paths)
        items.append({"run": str(model.path), **report.to_json()})
        if not as_json:
            _print(report, n_samples)
            path = picture_path(model, PICTURE_FILE)
            if save_picture(path, functools.partial(_draw, report)):
                note(f"picture: {path}")
    if as_json:
        print_json(items)


_LEGEND = (
    "distance: how far the frequencies of character 4-grams are from the reference (Jensen-Shannon, bits)",
    "surprise: bits per token under a 5-gram model of the reference",
    "diversity: distinct words as a share of all words",
    "real words: share of words that occur in the training text",
    "repeated: share of 20-character passages that occurred before in the same text",
    "ended: share of samples in which a document ended",
)
_HEADER = ["temperature", "distance", "surprise", "diversity", "real words", "repeated", "ended"]


def _print(report: QualityReport, n_samples: int) -> None:
    rows = [_row(quality) for quality in (report.human, *report.samples)]
    best = report.best
    print_table(_HEADER, rows, n_left=0, bold={1 + report.samples.index(best)} if best else set())
    print_prose(
        f"{count_of(n_samples, 'sample')} of {DEFAULT_LENGTH:,} characters at each temperature. The human text has the "
        "same length and comes from the second half of the validation part; the first half is the reference."
    )
    for line in _LEGEND:
        print_prose(line)
    if n_samples < _N_STEADY:
        print_prose(f"with {count_of(n_samples, 'sample')} these numbers vary; {_N_STEADY} or more are steadier")
    print_prose(
        f"for this model use {best.temperature:g}: its samples are closest to human text there"
        if best
        else "no temperature can be recommended: the samples of this model are not near human text at any of them"
    )


def _row(quality: Quality) -> list[str]:
    return [
        "human text" if quality.temperature is None else f"{quality.temperature:g}",
        f"{quality.distance:.4f}",
        f"{quality.surprise:.3f}",
        f"{quality.diversity:.1%}",
        f"{quality.real_words:.1%}",
        f"{quality.repeated:.2%}",
        "" if quality.temperature is None else f"{quality.ended:.0%}",
    ]


def _draw(report: QualityReport) -> bytes:
    """The measures of samples over temperature, each as a share of the same measure of human text."""
    texts = (report.human, *report.samples)
    measures = {
        "distance from human text": [quality.distance for quality in texts],
        "surprise": [quality.surprise for quality in texts],
        "diversity": [quality.diversity for quality in texts],
        "real words": [quality.real_words for quality in texts],
    }
    temperatures = [quality.temperature or 0.0 for quality in report.samples]
    curves = [Curve("human text", [temperatures[0], temperatures[-1]], [1.0, 1.0], is_loss=False)]
    for label, (of_human, *of_samples) in measures.items():
        shares = [value / max(1e-9, of_human) for value in of_samples]
        curves.append(Curve(label, temperatures, shares, has_markers=True, is_loss=False))
    closest = f"closest at temperature {report.best.temperature:g}" if report.best else "near it at no temperature"
    title = f"Samples beside human text: {closest}"
    return draw_as_png(curves, title=title, x_label="temperature", y_label="relative to human text")
