"""Long short-term memory: input, forget and output gates around a cell that carries its value on."""

from __future__ import annotations

from typing import final

from torch import Tensor, nn

from seqgen.config import LstmConfig
from seqgen.models.base import State
from seqgen.models.recurrent import RecurrentDecoder, initialise_


@final
class LstmLayer(nn.Module):
    """One layer (Hochreiter & Schmidhuber 1997) with a forget gate (Gers, Schmidhuber & Cummins 2000)."""

    def __init__(self, d_input: int, d_model: int, config: LstmConfig) -> None:
        super().__init__()
        self.cell = nn.LSTM(d_input, d_model, batch_first=True)  # gates in the order input, forget, cell, output
        initialise_(self.cell, n_gates=4)
        bias = self.cell.all_weights[0][2]
        nn.init.constant_(bias.detach()[d_model : 2 * d_model], config.forget_bias)

    def forward(self, x: Tensor, state: State | None) -> tuple[Tensor, State]:
        before = None if state is None else (state[0].unsqueeze(0), state[1].unsqueeze(0))  # (1, B, D) each
        x, (h, c) = self.cell(x, before)
        return x, (h.squeeze(0), c.squeeze(0))


def build(config: LstmConfig) -> RecurrentDecoder:
    """A freshly initialised decoder of LSTM layers."""
    return RecurrentDecoder(config, lambda d_input, d_model: LstmLayer(d_input, d_model, config))
