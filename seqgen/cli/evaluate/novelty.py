"""`seqgen eval --novelty`: whether a model copies its training text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seqgen.cli.evaluate.options import N_NOVELTY_SAMPLES, EvalOptions
from seqgen.cli.shared.picture_files import picture_path, save_picture
from seqgen.cli.shared.pictures import Curve, draw_as_png
from seqgen.cli.shared.render import count, note, print_columns, print_json, print_prose, print_table

if TYPE_CHECKING:
    from seqgen.evaluation import CopyReport, Excerpt
    from seqgen.run import SavedModel

X_LABEL, Y_LABEL = "length in characters", "% that occur in the training text"
"""The axes of the picture of copied pieces."""

_SHOWN_LENGTHS = (5, 10, 15, 20, 30, 40, 50)
_N_SHOWN = 5
_LONGEST_SHOWN = 400
"""Characters of a piece that are printed; of a longer one, the middle is left out."""
_LONGEST_NAME = 60
"""Characters of a text's name that go into the name of its picture."""


def report_novelty(models: Sequence[SavedModel], options: EvalOptions) -> None:
    """Compare samples, or the texts that `--on` names, with what each model was trained on."""
    from seqgen.evaluation import find_copies

    n_samples = options.samples or N_NOVELTY_SAMPLES
    items = []
    for model in models:
        note(f"model: {model.address}")
        copies = find_copies(
            model, options.on, encoding=options.encoding, n_samples=n_samples, corpus_paths=options.corpus
        )
        if not options.as_json:
            _print(copies)
            _draw(model, copies, texts=options.on)
        items.append({"run": str(model.path), **copies.to_json()})
    if options.as_json:
        print_json(items)


def curves_of(copies: CopyReport) -> list[Curve]:
    """For each length, how many percent of the pieces of that length occur in the training text."""
    from seqgen.evaluation.novelty import ORDERS

    lengths = list(map(float, ORDERS))
    texts = [(f"written: {copies.name}", copies.written), ("held-out text", copies.human)]
    return [
        Curve(label, lengths, [100 * share for share in novelty.shares], is_loss=False)
        for label, novelty in texts
        if novelty is not None
    ]


def _print(copies: CopyReport) -> None:
    _print_shares(copies)
    print()
    longest = copies.longest_spans(_N_SHOWN)
    lengths = ", ".join(str(span.length) for span in longest)
    print_prose(f"the longest passages that occur in both texts, in brackets: {lengths} characters")
    spans = [[_in_brackets(span.written), f"{span.line_name}: {_in_brackets(span.original)}"] for span in longest]
    print_columns(["written", "training text"], spans)
    print()
    _print_near_copies(copies)
    print_prose(copies.conclusion)
    if copies.limit is not None:
        print_prose(copies.limit)


def _print_shares(copies: CopyReport) -> None:
    texts = [novelty for novelty in (copies.written, copies.human) if novelty is not None]
    rows = [[f"{length}", *(f"{novelty.share(length):.2%}" for novelty in texts)] for length in _SHOWN_LENGTHS]
    print_prose(f"share of passages of each length that occur in the training text; written: {copies.name}")
    print_table(["length", "written", "held-out text"][: len(rows[0])], rows, n_left=0)


def _print_near_copies(copies: CopyReport) -> None:
    from seqgen.evaluation.novelty import MIN_PASSAGE_LENGTH

    near = [copy for copy in copies.written.near_copies if copy.similarity < 1]
    print_prose(
        f"of {count(copies.written.n_passages)} different {copies.passages} of {MIN_PASSAGE_LENGTH} characters or "
        f"more, {copies.written.n_exact_copies} are copied from the training text exactly, and "
        f"{len(near)} almost exactly"
    )
    if near:
        rows = [[copy.text[:_LONGEST_SHOWN], copy.original[:_LONGEST_SHOWN]] for copy in near[:_N_SHOWN]]
        print_columns(["written", "training text"], rows)


def _in_brackets(excerpt: Excerpt) -> str:
    """A passage in brackets between what is before and after it."""
    before, passage, after = excerpt
    if len(passage) > _LONGEST_SHOWN:
        half = _LONGEST_SHOWN // 2
        passage = f"{passage[:half]} … {passage[-half:]}"
    return f"{before}[{passage}]{after}"


def _draw(model: SavedModel, copies: CopyReport, *, texts: Sequence[str]) -> None:
    """Draw into the run's folder: `novelty.png` for its samples, a picture named after the first text for texts."""
    names = ["novelty", *(Path(name).stem[:_LONGEST_NAME] for name in texts[:1])]
    path = picture_path(model, f"{'-'.join(names)}.png")
    if save_picture(
        path, lambda: draw_as_png(curves_of(copies), title="Does it copy?", x_label=X_LABEL, y_label=Y_LABEL)
    ):
        note(f"picture: {path}")
