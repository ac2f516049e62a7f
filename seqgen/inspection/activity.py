"""What every unit and every gate of a model does while the model reads a text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqgen.config import ModelConfig, UnitName
from seqgen.inspection.gates import GateCounter, GateUse
from seqgen.models import Decoder, Trace
from seqgen.tokenizers import END_OF_TEXT
from seqgen.waiting import waiting

MOST_VALUES = 1 << 25
"""Numbers that are kept of all units together, four bytes each."""
MOST_TOKENS = 1 << 16
_LEAST_OF_STREAM, _MOST_STREAMS = 8192, 16
"""Tokens of a stream: many, since a unit that counts something may count anew where a stream begins."""
_WARM_UP = 256
"""Tokens that a stream reads before those that count, so that its beginning is not one of the text."""
_WINDOW = 64


@dataclass(frozen=True, eq=False)
class Activity:
    """The units of a model over the T tokens of a text.

    >>> from seqgen.evaluation import restore_decoder
    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> activity = read_activity(restore_decoder(saved), saved.record.model, np.arange(1, 9))
    >>> activity.values.shape, str(activity.names[0]), str(activity.names[-1])
    ((32, 8), '0:0', '0:c15')
    """

    names: tuple[UnitName, ...]
    values: NDArray[np.float32]
    """What each unit shows after each token, (U, T)."""
    gates: tuple[GateUse, ...]
    """The gates of every recurrent layer; none of a Transformer."""

    def part(self, tokens: slice) -> Activity:
        """The units over some of the tokens."""
        return replace(self, values=self.values[:, tokens])


def unit_names(config: ModelConfig) -> tuple[UnitName, ...]:
    """All units of a model: outputs layer by layer, then cell values if it has them.

    >>> from seqgen.run import open_model
    >>> len(unit_names(open_model("checkpoints/story").record.model))
    32
    """
    kinds = (False, True) if config.has_cell_values else (False,)
    return tuple(
        UnitName(layer, number, is_cell)
        for is_cell, layer, number in product(kinds, range(config.n_layer), range(config.d_model))
    )


def most_tokens(config: ModelConfig) -> int:
    """How much of a text is read, so that the values of all units fit into memory.

    >>> from seqgen.run import open_model
    >>> most_tokens(open_model("checkpoints/story").record.model)
    65536
    """
    return min(MOST_TOKENS, MOST_VALUES // len(unit_names(config)))


@torch.inference_mode()
def read_activity(
    decoder: Decoder, config: ModelConfig, ids: NDArray[Any], *, what: str = "reading the text"
) -> Activity:
    """Let a model read a text, after an end-of-text token, and keep what its units and gates do.

    A long text is read in several streams side by side, each from a little before its own part.
    """
    names = unit_names(config)
    values = np.empty((len(names), len(ids)), np.float32)
    counters = [GateCounter(layer) for layer in range(config.n_layer)]
    streams, starts = _streams(np.concatenate(([END_OF_TEXT], ids)).astype(np.int64))
    state = None
    with waiting(what, total=streams.shape[1]) as work:
        for first in range(0, streams.shape[1], _WINDOW):
            window = torch.from_numpy(streams[:, first : first + _WINDOW])
            trace = decoder.trace(window, state)
            state = trace.state
            is_warm = first >= _WARM_UP
            for stream, units in enumerate(_units_of(trace)):
                if is_warm or not stream:
                    _keep(values, units, at=starts[stream] + first - 1)
            for counter, inside in zip(counters, trace.inside, strict=False):
                if is_warm or len(starts) == 1:
                    counter.add(inside)
            work.advance(window.shape[1])
    return Activity(names, values, tuple(use for counter in counters for use in counter.uses()))


def _streams(inputs: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[int]]:
    """Overlapping streams of equal length, (B, S), and where in the text each begins."""
    n_streams = min(max(1, (len(inputs) - _WARM_UP) // _LEAST_OF_STREAM), _MOST_STREAMS)
    length = len(inputs) if n_streams == 1 else _WARM_UP + math.ceil((len(inputs) - _WARM_UP) / n_streams)
    starts = [number * (len(inputs) - length) // max(1, n_streams - 1) for number in range(n_streams)]
    return np.stack([inputs[start : start + length] for start in starts]), starts


def _units_of(trace: Trace) -> Iterator[NDArray[np.float32]]:
    """The units of each stream in the order of `unit_names`, (U, T)."""
    kinds = [trace.layers.transpose(0, 1)]  # (B, L, T, D)
    cells = [inside.cell for inside in trace.inside if inside.cell is not None]
    if cells:
        kinds.append(torch.stack(cells, dim=1))
    for parts in zip(*kinds, strict=True):
        yield torch.cat([part.transpose(1, 2).flatten(0, 1) for part in parts]).float().numpy()


def _keep(values: NDArray[np.float32], units: NDArray[np.float32], *, at: int) -> None:
    """Write the values of a window, (U, T), to their place; the end-of-text token before the text has none."""
    first = max(0, -at)
    values[:, at + first : at + units.shape[1]] = units[:, first:]
