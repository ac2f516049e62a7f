"""`seqgen eval --novelty`: is it copying?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seqgen.cli.shared.pictures import Curve, draw_as_png
from seqgen.cli.shared.render import count, note, print_columns, print_json, print_prose, print_table
from seqgen.durable import write_bytes

if TYPE_CHECKING:
    from seqgen.evaluation import CopyReport, Excerpt
    from seqgen.run import SavedModel

_SHOWN_ORDERS = (5, 10, 15, 20, 30, 40, 50)
_N_SHOWN = 5
_MOST_SHOWN = 400  # characters of a piece
_MOST_NAME = 60  # characters of a text's name in that of its picture
X_LABEL, Y_LABEL = "characters in a row", "% that occur in the training text"


def curves_of(found: CopyReport) -> list[Curve]:
    """Share of the pieces that occur in the training text, in percent, by their length."""
    from seqgen.evaluation.novelty import ORDERS

    orders = list(map(float, ORDERS))
    both = [(f"written: {found.name}", found.written), ("held-out text", found.human)]
    return [
        Curve(label, orders, [100 * share for share in novelty.shares], is_loss=False)
        for label, novelty in both
        if novelty is not None
    ]


def report_novelty(
    models: Sequence[SavedModel], on: Sequence[str], encoding: str, n_samples: int, corpus: Sequence[str], as_json: bool
) -> None:
    """Compare samples, or given texts, with what each model learned from."""
    from seqgen.evaluation import find_copies

    documents = []
    for model in models:
        note(f"model: {model.path}")
        found = find_copies(model, on, encoding=encoding, n_samples=n_samples, corpus_paths=corpus)
        if not as_json:
            _print(found)
            _draw(model, found, of=on)
        documents.append({"run": str(model.path), **found.to_json()})
    if as_json:
        print_json(documents)


def _print(found: CopyReport) -> None:
    from seqgen.evaluation.novelty import MIN_PASSAGE_LENGTH

    written = found.written
    compared = [novelty for novelty in (written, found.human) if novelty is not None]
    rows = [[f"{order}", *(f"{novelty.share(order):.2%}" for novelty in compared)] for order in _SHOWN_ORDERS]
    print_prose(f"pieces that occur in the training text, by their length in characters; written: {found.name}")
    print_table(["length", "written", "held-out text"][: len(rows[0])], rows, n_left=0)
    longest = found.longest_spans(_N_SHOWN)
    spans = [[_bracketed(span.written), f"{span.line_name}: {_bracketed(span.original)}"] for span in longest]
    print_prose(f"\nthe longest pieces, in brackets: {', '.join(str(span.length) for span in longest)} characters")
    print_columns(["written", "training text"], spans)
    n_near = len(written.near_copies) - written.n_exact_copies
    print_prose(
        f"\nof {count(written.n_passages)} different {found.passages} of {MIN_PASSAGE_LENGTH} characters or more "
        f"{written.n_exact_copies} are {found.passages} of the training text, and {n_near} nearly so"
    )
    nearly = [copy for copy in written.near_copies if copy.similarity < 1][:_N_SHOWN]
    if nearly:
        print_columns(
            ["written", "training text"], [[copy.text[:_MOST_SHOWN], copy.original[:_MOST_SHOWN]] for copy in nearly]
        )
    print_prose(found.conclusion)


def _bracketed(excerpt: Excerpt) -> str:
    """A piece in brackets, its middle left out where it is long."""
    before, piece, after = excerpt
    if len(piece) > _MOST_SHOWN:
        half = _MOST_SHOWN // 2
        piece = f"{piece[:half]} … {piece[-half:]}"
    return f"{before}[{piece}]{after}"


def _draw(model: SavedModel, found: CopyReport, *, of: Sequence[str]) -> None:
    """Beside the model: a picture of its samples, and others of texts by the first of their names."""
    names = ["novelty", *(Path(name).stem[:_MOST_NAME] for name in of[:1])]
    path = model.path.parent / f"{'-'.join(names)}.png"
    picture = draw_as_png(curves_of(found), title="Is it copying?", x_label=X_LABEL, y_label=Y_LABEL)
    write_bytes(path, picture)
    note(f"picture: {path}")
