"""`seqgen inspect gradients`: how far back the gradient of the loss reaches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from seqgen.cli.evaluate.readings import are_of_pairs, open_runs
from seqgen.cli.inspect.flow_pictures import draw_flows, flow_plot
from seqgen.cli.inspect.flow_tables import print_flows
from seqgen.cli.inspect.options import GradientsOptions
from seqgen.cli.shared.options import require_at_least, require_none, require_seed
from seqgen.cli.shared.picture_files import draw_or_note
from seqgen.cli.shared.render import note, print_json, why_used
from seqgen.cli.shared.wait_line import starting
from seqgen.cli.shared.wanted_files import require_picture, written
from seqgen.config.fields import require
from seqgen.errors import ConfigError

if TYPE_CHECKING:
    from seqgen.inspection.flows import GradientFlow
    from seqgen.inspection.new_cells import NewCell
    from seqgen.inspection.streams import Stream
    from seqgen.run import SavedModel

_LAG, _COPY_LAG = 300, 100
"""How far to look back if the user does not say it, in a text and in the copy task."""


def gradients(options: GradientsOptions) -> None:
    """Measure how far back gradients reach. Shows the gradient of the loss in the state k tokens before, over k.

    Each run is shown as it is and with new weights. The state is all that a recurrent network carries, and the keys and
    values that a Transformer has of one position. Also shows how much a change of the state grows, and its bound.
    """
    with starting():
        from seqgen.inspection.new_cells import NewCell

    require_at_least(options, 1, "lag", "copy")
    require_seed(options.seed)
    require(options, "clip", options.clip is None or options.clip > 0, "above 0")
    cells = NewCell.parse_all(options.cell, options.set_)
    path = require_picture(options.out)
    flows = list(_clipped(_flows(cells, options), options.clip))
    with written(path, lambda: draw_flows(flows)):
        if options.as_json:
            print_json([flow.to_json() for flow in flows])
            return
        plot = draw_or_note(lambda: flow_plot(flows), name="the plot")
        if plot:
            print(plot)
        print_flows(flows)


def _flows(cells: Sequence[NewCell], options: GradientsOptions) -> Iterator[GradientFlow]:
    """Those of the runs, then those of the new cells, which read what the first run reads."""
    from seqgen.inspection.flows import flow_of_cell, flows_of_copying, flows_of_run
    from seqgen.waiting import one_by_one

    seed = options.seed
    if options.copy is not None:
        for cell in one_by_one(cells, lambda cell: cell.name):
            yield from flows_of_copying(cell, lag=options.lag or _COPY_LAG, n_steps=options.copy, seed=seed)
        return
    lag = options.lag or _LAG
    models = _models(options)
    streams = [_stream_of(model, options) for model in models]
    for model, stream in one_by_one(list(zip(models, streams, strict=True)), lambda pair: pair[0].name):
        yield from flows_of_run(model, stream, lag=lag, seed=seed)
    for cell in one_by_one(cells, lambda cell: cell.name):
        yield flow_of_cell(cell, streams[0] if streams else _stream_of(None, options), lag=lag, seed=seed)


def _models(options: GradientsOptions) -> list[SavedModel]:
    """The runs; the newest if neither a run nor a cell is named."""
    if options.cell and not options.runs:
        require_none(options, {"part", "corpus"}, reason="cells without a run")
        return []
    models = open_runs(options.runs)
    if are_of_pairs(models):
        raise ConfigError(
            f"{models[0].name} learned from pairs: gradients are followed through a text, so name a run of a text"
        )
    for model in models:
        note(f"model: {model.address}{why_used(model, bool(options.runs))}")
    return models


def _stream_of(model: SavedModel | None, options: GradientsOptions) -> Stream:
    from seqgen.evaluation import TextSelection
    from seqgen.inspection.streams import Stream

    files = () if options.on is None else (options.on,)
    if model is not None:
        selection = TextSelection.of(files, encoding=options.encoding, part=options.part, corpus_paths=options.corpus)
        return Stream.of_run(model, selection)
    return Stream.of_file(files[0], encoding=options.encoding) if files else Stream.at_random(options.seed)


def _clipped(flows: Iterator[GradientFlow], norm: float | None) -> Iterator[GradientFlow]:
    """The flows with another norm to clip at; None leaves that of the training."""
    for flow in flows:
        yield flow if norm is None else replace(flow, norms=replace(flow.norms, clip_norm=norm))
