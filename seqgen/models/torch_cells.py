"""What the layers over torch's own cells (nn.RNN, nn.LSTM, nn.GRU) share: their weights and how these start.

Each of these cells has one layer with an input matrix (G*D, E), a recurrent matrix (G*D, D) and a bias for each, where
G is the number of gates. Their names are the ones in saved runs: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqgen.models.base import Matrix, State
from seqgen.models.recurrent_layer import initialise_input_

_RECURRENT_GAIN = 0.5


def initialise_(cell: nn.RNNBase) -> None:
    """Set small weights: each gate's recurrent block is half an orthogonal matrix (Saxe et al. 2014), biases are zero.

    Muon soon makes them larger. Starting with whole orthogonal matrices and input weights of unit variance costs 0.01
    nats.

    >>> from torch import nn
    >>> from seqgen.models.torch_cells import initialise_
    >>> cell = nn.RNN(3, 4)
    >>> initialise_(cell)
    >>> (cell.weight_hh_l0 @ cell.weight_hh_l0.T).diag().round(decimals=4).tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    input_weight, recurrent_weight, *biases = cell.all_weights[0]
    initialise_input_(input_weight)
    for block in recurrent_weight.detach().chunk(len(recurrent_weight) // cell.hidden_size):
        nn.init.orthogonal_(block, _RECURRENT_GAIN)
    for bias in biases:
        nn.init.zeros_(bias)


def window_weights(cell: nn.RNNBase, weight_drop: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The weights with which a cell reads one window: input and recurrent matrix, and the bias of each.

    In training, `weight_drop` is the share of recurrent weights that are zero in this window, the same for all its
    time steps (Wan et al. 2013; Merity, Keskar & Socher 2017).

    >>> from torch import nn
    >>> from seqgen.models.torch_cells import window_weights
    >>> _, recurrent_weight, _, _ = window_weights(nn.GRU(30, 40), weight_drop=0.5)
    >>> 0.4 < (recurrent_weight == 0).float().mean().item() < 0.6
    True
    """
    input_weight, recurrent_weight, input_bias, recurrent_bias = cell.all_weights[0]
    return input_weight, F.dropout(recurrent_weight, weight_drop, cell.training), input_bias, recurrent_bias


def gate_sums(cell: nn.RNNBase, x: Tensor, state: State | None, output: Tensor) -> tuple[Tensor, Tensor]:
    """The sums from the input and from the layer's own output of the step before, (T, B, G*D) each, without dropout.

    `x` is what the layer has read, and `output` what it has written, (T, B, E) and (T, B, D).

    >>> import torch
    >>> from torch import nn
    >>> from seqgen.models.torch_cells import gate_sums
    >>> cell, x = nn.RNN(3, 4), torch.randn(5, 2, 3)
    >>> output, _ = cell(x)
    >>> torch.allclose(sum(gate_sums(cell, x, None, output)).tanh(), output, atol=1e-6)
    True
    """
    input_weight, recurrent_weight, input_bias, recurrent_bias = window_weights(cell, 0.0)
    first = torch.zeros_like(output[0]) if state is None else state[0].to(output)
    before = torch.cat((first[None], output[:-1]))  # (T, B, D)
    return F.linear(x, input_weight, input_bias), F.linear(before, recurrent_weight, recurrent_bias)


def cell_matrices(cell: nn.RNNBase) -> list[Matrix]:
    """The input and the recurrent matrix of a cell, a block for each gate.

    >>> from torch import nn
    >>> from seqgen.models.torch_cells import cell_matrices
    >>> [(tuple(matrix.weight.shape), matrix.n_blocks) for matrix in cell_matrices(nn.LSTM(3, 5))]
    [((20, 3), 4), ((20, 5), 4)]
    """
    return [Matrix(weight, len(weight) // cell.hidden_size) for weight in cell.all_weights[0][:2]]


def tanh_(x: Tensor) -> Tensor:
    """tanh in place, as 2 sigmoid(2x) - 1: on a CPU, three cheap kernels take a fifth of the time of torch.tanh.

    >>> import torch
    >>> from seqgen.models.torch_cells import tanh_
    >>> x = torch.tensor([0.5])
    >>> bool(tanh_(x.clone()).isclose(x.tanh()))
    True
    """
    return torch.sigmoid_(x.mul_(2)).mul_(2).sub_(1)
