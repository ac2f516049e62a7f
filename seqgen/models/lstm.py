"""Long short-term memory: input, forget and output gates around a cell value that is carried along."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from seqgen.config import EncoderConfig, LstmConfig
from seqgen.models.base import Matrix, State
from seqgen.models.inside import Inside
from seqgen.models.recurrent import RecurrentDecoder
from seqgen.models.recurrent_layer import RecurrentLayer
from seqgen.models.torch_cells import cell_matrices, gate_sums, initialise_, window_weights


@final
class LstmLayer(RecurrentLayer):
    """One layer (Hochreiter & Schmidhuber 1997) with a forget gate (Gers, Schmidhuber & Cummins 2000).

    Its state is h and c, (B, D) each. On a CPU and on a GPU, torch's own kernel runs.
    """

    n_carried = 2

    def __init__(self, d_input: int, config: LstmConfig) -> None:
        super().__init__()
        self.d_model = config.d_model
        self.weight_drop = config.weight_drop
        self.cell = nn.LSTM(d_input, config.d_model)  # gates in the order input, forget, cell, output
        initialise_(self.cell)
        _, _, input_bias, _ = self.cell.all_weights[0]
        nn.init.constant_(input_bias.detach()[config.d_model : 2 * config.d_model], config.forget_bias)

    def forward(self, x: Tensor, state: State | None) -> tuple[Tensor, State]:
        weights = window_weights(self.cell, self.weight_drop)
        dtype = weights[0].dtype
        h, c = state or [x.new_zeros(x.shape[1], self.d_model)] * 2  # (B, D) each
        x, h, c = torch.lstm(x, (h[None].to(x), c[None].to(x)), weights, True, 1, 0.0, self.training, False, False)
        return x, (h[0].to(dtype), c[0].to(dtype))

    def inside(self, x: Tensor, state: State | None, output: Tensor) -> Inside:
        from_input, from_output = gate_sums(self.cell, x, state, output)
        sums = from_input + from_output
        i, f, g, o = sums.chunk(4, dim=2)  # (T, B, D) each
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        c = torch.zeros_like(output[0]) if state is None else state[1].to(output)
        cells = torch.empty_like(output)
        for time in range(len(output)):
            c = cells[time] = f[time] * c + i[time] * g[time]
        return Inside(gates={"input": i, "forget": f, "output": o}, kept=f, cell=cells)

    def matrices(self) -> list[Matrix]:
        return cell_matrices(self.cell)


def build(config: LstmConfig, encoder: EncoderConfig | None = None) -> RecurrentDecoder:
    """A decoder of LSTM layers with new weights.

    >>> from seqgen.config import LstmConfig
    >>> from seqgen.models.lstm import build
    >>> model = build(LstmConfig(vocab_size=9, n_layer=2, d_model=8, d_embedding=4, dropout=0.0, input_dropout=0.0))
    >>> [matrix.n_blocks for matrix in model.matrices()]
    [4, 4, 4, 4]
    """
    return RecurrentDecoder(config, LstmLayer, encoder)
