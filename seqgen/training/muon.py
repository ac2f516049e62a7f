"""Muon: momentum whose every block is made orthogonal before it is added to the weights."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from seqgen.models import Matrix

_POLYNOMIALS = ((7.3625, -20.7434, 15.1606), (2.9175, -2.1824, 0.4755))
"""a, b, c of a x + b x^3 + c x^5: the nearest to 1 (minimax) on singular values in [0.03, 1], and the nearest to 1
where the first leaves them. Together they bring those to within 0.4 of 1 (Amsel et al. 2025)."""
_MOST_ROWS = 256
"""Blocks with more rows are orthogonalised in pieces, at half the cost or less and no loss that we could measure."""


@final
class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised by Newton-Schulz iterations (Jordan et al. 2024), block by block.

    A block is a map of its own: a whole matrix of a Transformer, one gate's share of a recurrent cell's, large ones
    in pieces. Its update has singular values near 1 and is scaled by sqrt(max(1, rows / columns)). Blocks of one
    shape are orthogonalised together, with products in `dtype`.
    """

    def __init__(
        self,
        matrices: Sequence[Matrix],
        *,
        lr: float,
        momentum: float,
        weight_decay: float,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__([matrix.weight for matrix in matrices], {"lr": lr})
        self._matrices = matrices
        self._momentum = momentum
        self._weight_decay = weight_decay
        self._dtype = dtype

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update every matrix from its gradient."""
        learning_rate = self.param_groups[0]["lr"]
        by_shape: dict[tuple[int, int], list[tuple[Tensor, Tensor]]] = defaultdict(list)
        for matrix in self._matrices:
            weight, update = matrix.weight, self._next_momentum(matrix.weight)
            shape = _piece(len(weight) // matrix.n_blocks, weight.shape[1])
            by_shape[shape].append((weight.view(-1, *shape), update.view(-1, *shape)))
        for (rows, columns), pairs in by_shape.items():
            updates = orthogonalise(torch.cat([update.to(self._dtype) for _, update in pairs]))
            scale = learning_rate * max(1.0, rows / columns) ** 0.5
            shares = torch.split(updates, [len(blocks) for blocks, _ in pairs])
            for (blocks, _), update in zip(pairs, shares, strict=True):
                blocks.mul_(1 - learning_rate * self._weight_decay).sub_(update.to(blocks.dtype), alpha=scale)

    def _next_momentum(self, weight: Tensor) -> Tensor:
        """Nesterov's, of a gradient that is averaged with decay `momentum`."""
        gradient = torch.zeros_like(weight) if weight.grad is None else weight.grad
        state = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        average: Tensor = state["momentum"].lerp_(gradient, 1 - self._momentum)
        return gradient.lerp(average, self._momentum)


def _piece(rows: int, columns: int) -> tuple[int, int]:
    """The shape in which a block is orthogonalised: pieces of 256 rows at most, where both sides are longer."""
    fewest = -(-rows // _MOST_ROWS) if min(rows, columns) > _MOST_ROWS else 1
    n_pieces = next((n for n in range(fewest, 2 * fewest + 1) if rows % n == 0), 1)
    return rows // n_pieces, columns


def orthogonalise(blocks: Tensor) -> Tensor:
    """The nearest (semi-)orthogonal matrix to each of N blocks, roughly: singular values come near 1.

    Args:
        blocks: (N, rows, columns). The Newton-Schulz iterations run on the smaller side; the first product also
            bounds the largest singular value, by the square root of its own Frobenius norm.
    """
    is_tall = blocks.shape[1] > blocks.shape[2]
    x = blocks.mT if is_tall else blocks
    for number, (a, b, c) in enumerate(_POLYNOMIALS):
        gram = x @ x.mT
        if number == 0:
            bound = gram.norm(dim=(1, 2), keepdim=True).clamp(min=torch.finfo(gram.dtype).tiny) * 1.01
            x, gram = x / bound.sqrt(), gram / bound
        polynomial = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
        x = torch.baddbmm(x, polynomial, x, beta=a)
    return x.mT if is_tall else x
