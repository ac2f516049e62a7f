"""Elman's recurrent network: h' = tanh(W x + U h + b)."""

from __future__ import annotations

from typing import final

from torch import Tensor, nn

from seqgen.config import RnnConfig
from seqgen.models.base import State
from seqgen.models.recurrent import RecurrentDecoder, initialise_


@final
class RnnLayer(nn.Module):
    """One layer (Elman 1990), with tanh or, for the identity start of Le, Jaitly & Hinton (2015), relu."""

    def __init__(self, d_input: int, d_model: int, config: RnnConfig) -> None:
        super().__init__()
        self.cell = nn.RNN(d_input, d_model, nonlinearity=config.nonlinearity, batch_first=True)
        initialise_(self.cell, n_gates=1)
        if config.recurrent_init == "identity":
            input_weight, recurrent_weight, *_ = self.cell.all_weights[0]
            nn.init.eye_(recurrent_weight)
            nn.init.normal_(input_weight, std=0.001)  # as the paper has it: nothing may grow at first

    def forward(self, x: Tensor, state: State | None) -> tuple[Tensor, State]:
        h = None if state is None else state[0].unsqueeze(0)  # (1, B, D)
        x, h = self.cell(x, h)
        return x, (h.squeeze(0),)


def build(config: RnnConfig) -> RecurrentDecoder:
    """A freshly initialised decoder of RNN layers."""
    return RecurrentDecoder(config, lambda d_input, d_model: RnnLayer(d_input, d_model, config))
