"""`seqgen eval --samples`: the temperature at which samples have the fewest faults beside human text."""

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
    "faults: the shares of sentences that are not clean and of words that are not real, plus surprise as a share of "
    "that of human text, plus 1.5 times what distinct lacks to that of human text; averaged with the temperatures "
    "beside it",
    "clean: share of sentences made only of words that occur in the training text",
    "real words: share of words that occur in the training text",
    "surprise: bits per {unit} under an n-gram model of the training text",
    "distinct: different trigrams of {unit}s as a share of all, in passages of one length",
    "repeated: share of 20-character passages that occurred before in the same text",
    "ended: share of samples in which a document ended",
)
_HEADER = ["temperature", "faults", "clean", "real words", "surprise", "distinct", "repeated", "ended"]


def _print(report: QualityReport, n_samples: int) -> None:
    faults = [f"{faults:.3f}" for faults in report.faults]
    texts = (report.human, *report.samples)
    rows = [_row(quality, of) for quality, of in zip(texts, ("", *faults), strict=True)]
    best, unit = report.best, "character" if report.human.clean_sentences is None else "word"
    print_table(_HEADER, rows, n_left=0, bold={1 + report.samples.index(best)} if best else set())
    print_prose(
        f"{count_of(n_samples, 'sample')} of {DEFAULT_LENGTH:,} characters at each temperature. The human text has the "
        "same length and comes from the second half of the validation part; the first half is the reference."
    )
    for line in _LEGEND:
        print_prose(line.format(unit=unit))
    if n_samples < _N_STEADY:
        print_prose(f"with {count_of(n_samples, 'sample')} these numbers vary; {_N_STEADY} or more are steadier")
    print_prose(
        f"for this model use {best.temperature:g}: its samples have the fewest faults there"
        if best
        else "no temperature can be recommended: the samples of this model are not near human text at any of them"
    )


def _row(quality: Quality, faults: str) -> list[str]:
    return [
        "human text" if quality.temperature is None else f"{quality.temperature:g}",
        faults,
        "" if quality.clean_sentences is None else f"{quality.clean_sentences:.1%}",
        f"{quality.real_words:.1%}",
        f"{quality.unit_surprise:.3f}",
        f"{quality.distinct:.1%}",
        f"{quality.repeated:.2%}",
        "" if quality.temperature is None else f"{quality.ended:.0%}",
    ]


def _draw(report: QualityReport) -> bytes:
    """The measures of samples over temperature, each as a share of the same measure of human text."""
    texts = (report.human, *report.samples)
    measures = {
        "clean sentences": [quality.clean_sentences or 0.0 for quality in texts],
        "surprise": [quality.unit_surprise for quality in texts],
        "distinct trigrams": [quality.distinct for quality in texts],
        "real words": [quality.real_words for quality in texts],
    }
    temperatures = [quality.temperature or 0.0 for quality in report.samples]
    curves = [Curve("human text", [temperatures[0], temperatures[-1]], [1.0, 1.0], is_loss=False)]
    for label, (of_human, *of_samples) in measures.items():
        shares = [value / max(1e-9, of_human) for value in of_samples]
        curves.append(Curve(label, temperatures, shares, has_markers=True, is_loss=False))
    fewest = f"fewest faults at temperature {report.best.temperature:g}" if report.best else "near it at no temperature"
    title = f"Samples beside human text: {fewest}"
    return draw_as_png(curves, title=title, x_label="temperature", y_label="relative to human text")
