"""Units that are held: set to a value after every step, whatever the weights make of the text."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from seqgen.config import UnitName
from seqgen.models.base import State
from seqgen.models.recurrent_layer import RecurrentLayer


def read_held(
    layer: RecurrentLayer, x: Tensor, state: State | None, units: Mapping[UnitName, float]
) -> tuple[Tensor, State]:
    """Read a window with a recurrent layer as its `forward` does, step by step, and set its units after each step.

    Where a cell value c is held, the output shows o tanh(c).

    >>> import torch
    >>> from seqgen.config import RnnConfig
    >>> from seqgen.models.rnn import RnnLayer
    >>> config = RnnConfig(vocab_size=9, n_layer=1, d_model=8, d_embedding=4, dropout=0.0, input_dropout=0.0)
    >>> output, _ = read_held(RnnLayer(4, config), torch.zeros(3, 1, 4), None, {UnitName(0, 5): 0.25})
    >>> output[:, 0, 5].tolist()
    [0.25, 0.25, 0.25]
    """
    outputs = []
    for time in range(len(x)):
        now = x[time : time + 1]  # (1, B, E)
        output, after = layer(now, state)
        output, inside = output.clone(), layer.inside(now, state, output)
        carried = [part.clone() for part in after]
        for unit, value in units.items():
            if unit.is_cell:
                carried[1][:, unit.number] = value
                output[..., unit.number] = inside.gates["output"][..., unit.number] * carried[1][:, unit.number].tanh()
            else:
                output[..., unit.number] = value
        state = (output[0].to(carried[0].dtype), *carried[1:])
        outputs.append(output)
    assert state is not None, "a window has one step or more"
    return torch.cat(outputs), state


def hold_in_stream(x: Tensor, layer: int, units: Mapping[UnitName, float]) -> Tensor:
    """The residual stream after a block, (B, T, D), with the units of this layer at their values.

    >>> import torch
    >>> hold_in_stream(torch.zeros(1, 1, 3), 0, {UnitName(0, 2): 4.0, UnitName(1, 0): 9.0}).tolist()
    [[[0.0, 0.0, 4.0]]]
    """
    held = x.clone()
    for unit, value in units.items():
        if unit.layer == layer:
            held[..., unit.number] = value
    return held
