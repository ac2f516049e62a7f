"""`seqgen eval --samples`: which temperature writes most as people do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqgen.cli.shared.pictures import Curve, draw_as_png
from seqgen.cli.shared.render import note, print_json, print_prose, print_table
from seqgen.config import DEFAULT_LENGTH
from seqgen.durable import write_bytes

if TYPE_CHECKING:
    from seqgen.evaluation import Quality
    from seqgen.run import SavedModel

_FEW = 30  # samples
PICTURE = "quality.png"


def report_quality(models: Sequence[SavedModel], n_samples: int, corpus: Sequence[str], as_json: bool) -> None:
    """Write samples at every temperature and compare them with the held-out text."""
    from seqgen.evaluation import measure_quality

    documents = []
    for model in models:
        note(f"model: {model.path}")
        report = measure_quality(model, n_samples=n_samples, corpus_paths=corpus)
        documents.append({"run": str(model.path), **report.to_json()})
        if not as_json:
            _print(report.samples, report.human, report.best, n_samples)
            path = model.path.parent / PICTURE
            write_bytes(path, _draw(report.samples, report.human, report.best))
            note(f"picture: {path}")
    if as_json:
        print_json(documents)


def _print(found: Sequence[Quality], human: Quality, best: Quality, n_samples: int) -> None:
    header = ["temperature", "distance", "surprise", "different", "real words", "repeated", "ended"]
    rows = [
        [
            "human text" if one.temperature is None else f"{one.temperature:g}",
            f"{one.distance:.4f}",
            f"{one.surprise:.3f}",
            f"{one.diversity:.1%}",
            f"{one.real_words:.1%}",
            f"{one.repeated:.2%}",
            "" if one.temperature is None else f"{one.ended:.0%}",
        ]
        for one in (human, *found)
    ]
    print_table(header, rows, n_left=0, bold={1 + found.index(best)})
    print_prose(
        f"{n_samples} samples of {DEFAULT_LENGTH:,} characters each; the human text is as long, of the second half of "
        "the validation part.\ndistance: of pieces of four characters from those of the first half (Jensen-Shannon, bits). "
        "surprise: bits per token under a 5-gram of the first half. different: words among all words. "
        "real words: those of the training text. repeated: pieces of 20 characters. ended: samples in which a document ended."
    )
    if n_samples < _FEW:
        print_prose(f"{n_samples} samples are few: with {_FEW} or more the figures are steadier")
    print_prose(f"for this model use {best.temperature:g}: there its samples are closest to what people write")


def _draw(found: Sequence[Quality], human: Quality, best: Quality) -> bytes:
    xs = [one.temperature or 0.0 for one in found]
    curves = [Curve("human text", [xs[0], xs[-1]], [1.0, 1.0], is_loss=False)]
    curves += [
        Curve(
            label,
            xs,
            [getattr(one, name) / max(1e-9, getattr(human, name)) for one in found],
            is_scored=True,
            is_loss=False,
        )
        for name, label in (
            ("distance", "distance from human text"),
            ("surprise", "surprise"),
            ("diversity", "different words"),
            ("real_words", "real words"),
        )
    ]
    title = f"Samples beside human text: closest at temperature {best.temperature:g}"
    return draw_as_png(curves, title=title, x_label="temperature", y_label="figures over those of human text")
