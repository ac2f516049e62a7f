"""`seqgen inspect embeddings`: which tokens a model takes to be alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqgen.cli.inspect.embedding_pictures import draw_points_as_png, draw_points_in_terminal
from seqgen.cli.inspect.options import EmbeddingsOptions
from seqgen.cli.shared.options import require_at_least
from seqgen.cli.shared.render import count, note_run, print_json, print_prose, print_table
from seqgen.cli.shared.tokens import shown_token
from seqgen.cli.shared.wait_line import starting
from seqgen.cli.shared.wanted_files import require_picture, written
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.inspection.embeddings import EmbeddingReport
    from seqgen.inspection.one_hot import InputCost

_SHOWN = 16
"""Tokens of which neighbours are printed; `--json` has those of all."""
_NEIGHBOURS = 5
_MAPS = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}


def embeddings(options: EmbeddingsOptions) -> None:
    """See which tokens a model takes to be alike. Shows neighbours, a map, and whether tokens of a class are together.

    Without an embedding, the weights from the one-hot vectors stand in its place.
    """
    require_at_least(options, 1, "one_hot")
    with starting():
        from seqgen.evaluation import TextSelection
        from seqgen.inspection.embeddings import measure_embeddings
        from seqgen.inspection.one_hot import compare_inputs, require_one_hot
        from seqgen.run import open_model

    path = require_picture(options.out)
    saved = open_model(options.run)
    if options.one_hot is not None:
        require_one_hot(saved)
    files = [] if options.on is None else [options.on]
    selection = TextSelection.of(files, encoding=options.encoding, part=options.part, corpus_paths=options.corpus)
    note_run(saved, is_named=options.run is not None)
    report = measure_embeddings(saved, selection, projection=options.map)
    costs = [] if options.one_hot is None else compare_inputs(saved, selection, n_steps=options.one_hot)
    with written(path, lambda: _draw(report)):
        if options.as_json:
            print_json({**report.to_json(), **({"vectors": [cost.to_json() for cost in costs]} if costs else {})})
        else:
            _print_report(report, costs, n_steps=options.one_hot or 0)


def _print_report(report: EmbeddingReport, costs: Sequence[InputCost], *, n_steps: int) -> None:
    _print_neighbours(report)
    _print_classes(report)
    _print_map(report)
    if costs:
        _print_costs(costs, report, n_steps=n_steps)


def _print_neighbours(report: EmbeddingReport) -> None:
    rows = [
        [shown_token(token), kind, " ".join(map(shown_token, report.neighbours(number, _NEIGHBOURS)))]
        for number, (token, kind) in enumerate(zip(report.tokens[:_SHOWN], report.classes, strict=False))
    ]
    print_prose(f"{report.text_name}; {count_of(len(report.tokens), 'token')} that it has five times or more")
    print_table(["token", "class", "neighbours, the nearest first"], rows, n_left=3)


def _print_classes(report: EmbeddingReport) -> None:
    """How many tokens stand beside one of their own class."""
    print()
    rows = [[of.name, count(of.n_tokens), f"{of.share:.0%}", f"{of.chance:.0%}"] for of in report.by_class]
    print_table(["class", "tokens", "beside their own class", "by chance"], rows, n_left=1)
    print_prose(
        f"{report.same_class:.0%} of the tokens have a nearest neighbour of their own class; with classes dealt out at "
        f"random it would be {report.chance:.0%} (p = {report.p:.3f})"
    )


def _print_map(report: EmbeddingReport) -> None:
    drawn, n_left_out = draw_points_in_terminal(report.points, list(map(shown_token, report.tokens)))
    room = f"; {count_of(n_left_out, 'token')} without room" if n_left_out else ""
    print(f"\n{drawn}")
    print_prose(f"the vectors on a plane ({_map_name(report)}){room}")


def _print_costs(costs: Sequence[InputCost], report: EmbeddingReport, *, n_steps: int) -> None:
    """One-hot vectors beside learned ones."""
    print()
    unit = costs[0].unit.replace("character", "char")
    rows = [[cost.name, count(cost.n_parameters), f"{cost.bits:.3f}", count(cost.tokens_per_s)] for cost in costs]
    print_table(["vectors", "parameters", f"bits/{unit}", "tokens/s"], rows, n_left=1)
    print_prose(
        f"each network was trained from nothing for {count_of(n_steps, 'step')}; bits on {report.text_name}, tokens "
        "per second of training"
    )


def _map_name(report: EmbeddingReport) -> str:
    shown = "" if report.shown_variance is None else f", {report.shown_variance:.0%} of the variance"
    return f"{_MAPS[report.projection]}{shown}"


def _draw(report: EmbeddingReport) -> bytes:
    return draw_points_as_png(
        report.points,
        tokens=list(map(shown_token, report.tokens)),
        classes=report.classes,
        title=f"{report.run}: {_map_name(report)}",
    )
