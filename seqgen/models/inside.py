"""What a recurrent layer computes in a window, apart from its output: for those who look into a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Inside:
    """What a recurrent layer computes in a window, apart from its output. The shapes are (B, T, D).

    >>> import torch
    >>> from seqgen.config import LstmConfig
    >>> from seqgen.models import build_model
    >>> config = LstmConfig(vocab_size=9, n_layer=1, d_model=8, d_embedding=4, dropout=0.0, input_dropout=0.0)
    >>> trace = build_model(config).eval().trace(torch.tensor([[3, 1, 4]]))
    >>> inside = trace.inside[0]
    >>> {name: tuple(gate.shape) for name, gate in inside.gates.items()}
    {'input': (1, 3, 8), 'forget': (1, 3, 8), 'output': (1, 3, 8)}
    >>> torch.allclose(inside.gates["output"] * inside.cell.tanh(), trace.layers[0])
    True
    """

    gates: Mapping[str, Tensor]
    """How far every gate is open, from 0 to 1, by its name."""
    kept: Tensor | None = None
    """The share of what each unit carries that a step keeps; None if no gate decides it."""
    cell: Tensor | None = None
    """The values c that are carried beside the output. The output shows o tanh(c), where o is the output gate."""
