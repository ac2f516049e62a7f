"""Gradients through time of the networks of runs and of new cells, before and after training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from seqgen.config import Cell
from seqgen.errors import ConfigError
from seqgen.inspection.bounds import bounds_of
from seqgen.inspection.copying import COPY_VOCABULARY, copy_windows, learn_to_copy, share_copied
from seqgen.inspection.gradients import GradientNorms, gradient_norms, lags_up_to, round_lags
from seqgen.inspection.jacobians import Stretch, largest_singular_values
from seqgen.inspection.new_cells import NewCell, build_from_seed
from seqgen.inspection.streams import Stream
from seqgen.inspection.windows import windows_of
from seqgen.models import Decoder
from seqgen.restored import restore_decoder
from seqgen.run import SavedModel
from seqgen.training.planning.recipes import RECIPES

_MOST_WINDOWS, _FEWEST_WINDOWS = 32, 8
"""Places of the text at which gradients are measured."""
_MOST_WORK = 5e9
"""Weights times tokens above which there are fewer places: a large network takes half a minute then, not two."""
_MOST_COPIED = 10_000
"""The longest lag of the copy task."""
_MOST_PRODUCTS = 4
"""Places at which Jacobians are multiplied."""


@dataclass(frozen=True, kw_only=True)
class GradientFlow:
    """How gradients flow back through one network."""

    network: str
    """The run or the cell."""
    cell: Cell
    is_trained: bool
    text: str
    """What was read."""
    norms: GradientNorms
    stretch: Stretch | None
    """None for a network whose state does not go from step to step, as a Transformer's."""
    share_copied: float | None = None
    """After the copy task: the share of symbols that it names right at the largest lag."""

    def to_json(self) -> dict[str, Any]:
        """What `--json` prints."""
        return {
            "model": self.network,
            "cell": self.cell,
            "is_trained": self.is_trained,
            "text": self.text,
            **self.norms.to_json(),
            "jacobians": None if self.stretch is None else self.stretch.to_json(),
            "share_copied": self.share_copied,
        }


def flows_of_run(saved: SavedModel, stream: Stream, *, lag: int, seed: int) -> Iterator[GradientFlow]:
    """The network of a run, without its expert, and the same network with new weights.

    >>> from seqgen.evaluation import TextSelection
    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> flows = flows_of_run(saved, Stream.of_run(saved, TextSelection()), lag=10, seed=0)
    >>> [(flow.network, flow.is_trained) for flow in flows]
    [('story', True), ('story', False)]

    Raises:
        CorpusError: the text is too short for the lag.
    """
    record = saved.record
    clip_norm = record.training.clip_norm
    trained = restore_decoder(replace(saved, expert=None))
    windows = _places(trained, stream, lag)
    untrained = build_from_seed(record.model, seed)
    for decoder in (trained, untrained):
        measured = _measure(decoder, record.model.cell, windows, lag=lag, clip_norm=clip_norm)
        yield GradientFlow(network=saved.name, is_trained=decoder is trained, text=stream.name, **measured)


def flow_of_cell(cell: NewCell, stream: Stream, *, lag: int, seed: int) -> GradientFlow:
    """A cell with new weights.

    >>> flow = flow_of_cell(NewCell.parse("rnn,d_model=8"), Stream.at_random(seed=0), lag=10, seed=0)
    >>> flow.norms.relative[-1] < 0.001
    True

    Raises:
        CorpusError: the text is too short for the lag.
    """
    decoder = cell.build(stream.vocab_size, seed=seed)
    windows = _places(decoder, stream, lag)
    measured = _measure(decoder, cell.cell, windows, lag=lag, clip_norm=RECIPES[cell.cell].clip_norm)
    return GradientFlow(network=cell.name, is_trained=False, text=stream.name, **measured)


def flows_of_copying(cell: NewCell, *, lag: int, n_steps: int, seed: int) -> Iterator[GradientFlow]:
    """A cell before and after it has learned the copy task, in which the symbol comes `lag` tokens before its name.

    >>> before, after = flows_of_copying(NewCell.parse("gru,d_model=8"), lag=3, n_steps=150, seed=0)
    >>> after.share_copied, before.norms.relative[-1] < after.norms.relative[-1]
    (1.0, True)

    Raises:
        ConfigError: the lag is too long.
    """
    if lag > _MOST_COPIED:
        raise ConfigError(f"is {lag:,}: in the copy task it must be {_MOST_COPIED:,} or less", field="lag")
    windows = copy_windows(_MOST_WINDOWS, lag, seed=seed + 1)  # other symbols than those of training
    decoder = cell.build(COPY_VOCABULARY, seed=seed)
    for n_learned in (0, n_steps):
        if n_learned:
            learn_to_copy(decoder.float(), distance=lag, n_steps=n_learned, seed=seed)
        copied = share_copied(decoder, windows)
        measured = _measure(decoder, cell.cell, windows, lag=lag, clip_norm=RECIPES[cell.cell].clip_norm)
        yield GradientFlow(
            network=cell.name, is_trained=n_learned > 0, text="the copy task", share_copied=copied, **measured
        )


def _places(decoder: Decoder, stream: Stream, lag: int) -> Tensor:
    """Windows (B, T) of the text, fewer for a large network."""
    n_weights = sum(parameter.numel() for parameter in decoder.dense_parameters())
    affordable = int(_MOST_WORK / (n_weights * lag))
    most = max(_FEWEST_WINDOWS, min(_MOST_WINDOWS, affordable))
    return windows_of(stream.ids, lag=lag, most=most, name=stream.name)


def _measure(decoder: Decoder, cell: Cell, windows: Tensor, *, lag: int, clip_norm: float | None) -> dict[str, Any]:
    """The fields of a flow that are measured. The decoder is in float64 afterwards."""
    decoder.double().eval()
    lags = round_lags(lag)
    some = windows[:: -(-len(windows) // _MOST_PRODUCTS), :-1]  # the last token is only predicted, not read
    stretch = largest_singular_values(decoder, some, lags)
    if stretch is not None:
        stretch = replace(stretch, bounds=bounds_of(decoder, cell, stretch.lags))
    norms = gradient_norms(decoder, windows, lags_up_to(lag), clip_norm=clip_norm)
    return {"cell": cell, "norms": norms, "stretch": stretch}
