"""What the theory says of products of Jacobians: no singular value exceeds a power of the recurrent matrix's norm.

Pascanu, Mikolov & Bengio (2013): a step multiplies by the recurrent matrix and by the slopes of the nonlinearity. So k
steps stretch by (norm of the matrix x largest slope)^k at most. Gates have no such bound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from seqgen.config import Cell
from seqgen.models import Decoder
from seqgen.models.recurrent_layer import RecurrentLayer

_LARGEST_SLOPE = 1.0
"""Of tanh at 0, and of ReLU above 0."""


def recurrent_matrices(decoder: Decoder) -> list[Tensor]:
    """The matrices that multiply a layer's own state, a block (D, D) for each gate; none without such matrices.

    >>> from seqgen.models import build_model
    >>> from seqgen.run import open_model
    >>> len(recurrent_matrices(build_model(open_model("checkpoints/story").record.model)))  # an LSTM of 1 layer
    4
    """
    matrices = [matrix for layer in _layers_of(decoder) for matrix in layer.matrices()[1:]]
    return [block for matrix in matrices for block in matrix.weight.detach().chunk(matrix.n_blocks)]


def set_recurrent_norm(decoder: Decoder, norm: float) -> None:
    """Scale each block of the recurrent matrices so that its largest singular value is `norm`."""
    for block in recurrent_matrices(decoder):
        block.mul_(norm / torch.linalg.matrix_norm(block, 2))


def bounds_of(decoder: Decoder, cell: Cell, lags: Sequence[int]) -> tuple[float, ...] | None:
    """For each lag, what the largest singular value cannot exceed; None where the theory has no bound.

    >>> from seqgen.config import RnnConfig
    >>> from seqgen.models import build_model
    >>> config = RnnConfig(vocab_size=9, n_layer=1, d_model=8, d_embedding=4, dropout=0.0, input_dropout=0.0)
    >>> bounds = bounds_of(build_model(config), "rnn", [1, 10])  # its matrix begins with a norm of 1/2
    >>> [round(bound, 6) for bound in bounds]
    [0.5, 0.000977]
    """
    step_bound = _STEP_BOUNDS.get(cell)
    if step_bound is None:
        return None
    step = step_bound(decoder)
    return tuple(float(torch.linalg.matrix_norm(torch.linalg.matrix_power(step, lag), 2)) for lag in lags)


def _rnn_step(decoder: Decoder) -> Tensor:
    """How much a step can carry of each layer's state before it into each layer's state after it, (L, L).

    With one layer this is the norm of the recurrent matrix. A layer above another also gets, through its input matrix,
    what the step carries into the one below.
    """
    step = torch.zeros(0, 0, dtype=torch.float64)
    for layer in _layers_of(decoder):
        from_below, own = (
            float(torch.linalg.matrix_norm(matrix.weight.detach().double(), 2)) * _LARGEST_SLOPE
            for matrix in layer.matrices()
        )
        row = torch.full((1, 1), own, dtype=torch.float64)
        if len(step):
            row = torch.cat([from_below * step[-1:], row], dim=1)
        step = torch.cat([torch.nn.functional.pad(step, (0, 1)), row])
    return step


_STEP_BOUNDS: dict[Cell, Callable[[Decoder], Tensor]] = {"rnn": _rnn_step}
"""The cells that the theory knows a bound for."""


def _layers_of(decoder: Decoder) -> list[RecurrentLayer]:
    """The decoder's own recurrent layers, the lowest first, without those of an encoder."""
    of_encoder = set() if decoder.encoder is None else set(decoder.encoder.modules())
    return [layer for layer in decoder.modules() if isinstance(layer, RecurrentLayer) and layer not in of_encoder]
