"""Long short-term memory: input, forget and output gates around a cell that carries its value on."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from seqgen.config import LstmConfig
from seqgen.models.base import State
from seqgen.models.recurrent import RecurrentDecoder, RecurrentLayer, initialise_


@final
class LstmLayer(RecurrentLayer):
    """One layer (Hochreiter & Schmidhuber 1997) with a forget gate (Gers, Schmidhuber & Cummins 2000)."""

    n_gates = 4  # in the order input, forget, cell, output

    def __init__(self, d_input: int, d_model: int, config: LstmConfig) -> None:
        super().__init__()
        self.cell = nn.LSTM(d_input, d_model)
        initialise_(self.cell, self.n_gates)
        bias = self.weights[2]
        nn.init.constant_(bias.detach()[d_model : 2 * d_model], config.forget_bias)

    def forward(self, x: Tensor, state: State | None, recurrent_weight: Tensor) -> tuple[Tensor, State]:
        h, c = state or [x.new_zeros(x.shape[1], self.cell.hidden_size)] * 2  # (B, D) each
        input_weight, _, *biases = self.weights
        weights = [input_weight, recurrent_weight, *biases]
        x, h, c = torch.lstm(x, (h[None].to(x), c[None].to(x)), weights, True, 1, 0.0, self.training, False, False)
        return x, (h[0].to(input_weight.dtype), c[0].to(input_weight.dtype))


def build(config: LstmConfig) -> RecurrentDecoder:
    """A freshly initialised decoder of LSTM layers."""
    return RecurrentDecoder(config, lambda d_input, d_model: LstmLayer(d_input, d_model, config))
