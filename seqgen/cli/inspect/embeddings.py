"""`seqgen inspect embeddings`: which tokens a model takes to be alike."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seqgen.cli.evaluate.page import require_writable
from seqgen.cli.inspect.options import EmbeddingsOptions
from seqgen.cli.shared.render import note, note_run, print_json, print_prose, print_table
from seqgen.cli.shared.tokens import shown_token
from seqgen.cli.shared.wait_line import starting
from seqgen.durable import write_bytes
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.inspection.embeddings import EmbeddingReport

_SHOWN = 16
"""Tokens of which neighbours are printed; `--json` has those of all."""
_NEIGHBOURS = 5


def embeddings(options: EmbeddingsOptions) -> None:
    """See which tokens a model takes to be alike: neighbours, a map, and whether tokens of a class stand together.

    Without an embedding, the weights from the one-hot vectors stand in its place.
    """
    with starting():
        from seqgen.evaluation import TextSelection
        from seqgen.inspection.embeddings import measure_embeddings
        from seqgen.run import open_model

    if options.out is not None:
        require_writable(Path(options.out))
    saved = open_model(options.run)
    files = [] if options.on is None else [options.on]
    selection = TextSelection.of(files, encoding=options.encoding, part=options.part, corpus_paths=options.corpus)
    note_run(saved, is_named=options.run is not None)
    report = measure_embeddings(saved, selection, projection=options.map)
    if options.out is not None:
        _draw(report, Path(options.out))
    if options.as_json:
        print_json(report.to_json())
        return
    rows = [
        [shown_token(token), kind, " ".join(map(shown_token, report.neighbours(number, _NEIGHBOURS)))]
        for number, (token, kind) in enumerate(zip(report.tokens[:_SHOWN], report.classes, strict=False))
    ]
    print_prose(f"{report.text_name}; {count_of(len(report.tokens), 'token')} that it has five times or more")
    print_table(["token", "class", "neighbours, the nearest first"], rows, n_left=3)
    print_prose(
        f"{report.same_class:.0%} of the tokens have a nearest neighbour of their own class; with classes dealt out at "
        f"random it would be {report.chance:.0%} (p = {report.p:.3f})"
    )


def _draw(report: EmbeddingReport, path: Path) -> None:
    from seqgen.cli.inspect.embedding_pictures import draw_points_as_png

    shown = "t-SNE" if report.shown_variance is None else f"PCA, {report.shown_variance:.0%} of the variance"
    picture = draw_points_as_png(
        report.points,
        tokens=list(map(shown_token, report.tokens)),
        classes=report.classes,
        title=f"{report.run}: {shown}",
    )
    write_bytes(path, picture)
    note(f"drew {path}")
