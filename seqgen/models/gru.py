"""The gated recurrent unit: a reset and an update gate."""

from __future__ import annotations

from typing import final

from torch import Tensor, nn

from seqgen.config import GruConfig
from seqgen.models.base import State
from seqgen.models.recurrent import RecurrentDecoder, initialise_


@final
class GruLayer(nn.Module):
    """One layer (Cho et al. 2014), the reset gate applied to the recurrent product, as cuDNN has it."""

    def __init__(self, d_input: int, d_model: int) -> None:
        super().__init__()
        self.cell = nn.GRU(d_input, d_model, batch_first=True)  # gates in the order reset, update, new
        initialise_(self.cell, n_gates=3)

    def forward(self, x: Tensor, state: State | None) -> tuple[Tensor, State]:
        h = None if state is None else state[0].unsqueeze(0)  # (1, B, D)
        x, h = self.cell(x, h)
        return x, (h.squeeze(0),)


def build(config: GruConfig) -> RecurrentDecoder:
    """A freshly initialised decoder of GRU layers."""
    return RecurrentDecoder(config, GruLayer)
