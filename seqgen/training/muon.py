"""Muon: an optimizer that makes every update of a matrix orthogonal before it adds it to the weights."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import ClassVar, final

import torch
from torch import Tensor, nn

from seqgen.models import Matrix
from seqgen.training.optimizer_base import OptimizerBase, ParameterGroup

_POLYNOMIALS = ((7.3625, -20.7434, 15.1606), (2.9175, -2.1824, 0.4755))
"""The coefficients a, b, c of two polynomials a x + b x^3 + c x^5, applied one after the other (Amsel et al. 2025).

The first is the best (minimax) approximation of 1 on singular values in [0.03, 1]; the second is the best one on the
range that the first leaves. Together they bring such singular values to within 0.4 of 1."""
_MAX_ROWS = 256
"""Blocks with more rows are orthogonalised in tiles. That costs half as much or less, and we measured no loss."""

_SMALL, _NOISE = 1e-6, 1e-10
"""A block whose largest number is below the first is scaled up: its fourth powers leave the range of float32. Below the
second it has rounding errors only, such as the gradient of attention over one position, and is not learned from."""


@final
class Muon(OptimizerBase):
    """Momentum, orthogonalised by Newton-Schulz iterations (Jordan et al. 2024), block by block.

    A block is a whole matrix of a Transformer, or the part of a recurrent cell's matrix that belongs to one gate. Large
    blocks are divided into tiles. The update of a block has singular values near 1, and is scaled by
    sqrt(max(1, rows / columns)). Blocks of the same shape are orthogonalised together, in the data type `dtype`.

    >>> weight = torch.nn.Parameter(torch.zeros(8, 4))
    >>> muon = Muon([Matrix(weight)], lr=0.1, momentum=0.9, weight_decay=0.0)
    >>> weight.grad = torch.randn(8, 4)
    >>> muon.step()
    >>> singular_values = torch.linalg.svdvals(weight.detach())
    >>> bool((singular_values < 0.1 * 2**0.5 * 1.5).all())  # lr * sqrt(8 / 4), within the error of the iterations
    True
    """

    remembers: ClassVar = {"momentum": None}

    def __init__(
        self,
        matrices: Sequence[Matrix],
        *,
        lr: float,
        momentum: float,
        weight_decay: float,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self._group = ParameterGroup([matrix.weight for matrix in matrices], lr, weight_decay)
        super().__init__([self._group])
        self._matrices = matrices
        self._momentum = momentum
        self._dtype = dtype

    @torch.no_grad()
    def step(self) -> None:
        """Update every matrix by its gradient."""
        learning_rate, decay = self._group.rate, self._group.weight_decay
        by_shape: dict[tuple[int, int], list[tuple[Tensor, Tensor]]] = defaultdict(list)
        for matrix in self._matrices:
            weight, update = matrix.weight, self._next_momentum(matrix.weight)
            shape = _tile_shape(len(weight) // matrix.n_blocks, weight.shape[1])
            by_shape[shape].append((weight.view(-1, *shape), update.view(-1, *shape)))
        for (rows, columns), pairs in by_shape.items():
            updates = orthogonalise(torch.cat([update.to(self._dtype) for _, update in pairs]))
            scale = learning_rate * max(1.0, rows / columns) ** 0.5
            shares = torch.split(updates, [len(blocks) for blocks, _ in pairs])
            for (blocks, _), update in zip(pairs, shares, strict=True):
                blocks.mul_(1 - learning_rate * decay).sub_(update.to(blocks.dtype), alpha=scale)

    def _next_momentum(self, weight: nn.Parameter) -> Tensor:
        """Nesterov momentum: the gradient, averaged with the decay `momentum`, one step ahead."""
        gradient = torch.zeros_like(weight) if weight.grad is None else weight.grad
        average = self.memory_of(weight)["momentum"].lerp_(gradient, 1 - self._momentum)
        return gradient.lerp(average, self._momentum)


def _tile_shape(rows: int, columns: int) -> tuple[int, int]:
    """The shape in which a block is orthogonalised: tiles of at most 256 rows, if both sides are longer than that."""
    fewest = -(-rows // _MAX_ROWS) if min(rows, columns) > _MAX_ROWS else 1
    n_tiles = next((n for n in range(fewest, 2 * fewest + 1) if rows % n == 0), 1)  # rows may have no such divisor
    return rows // n_tiles, columns


def orthogonalise(blocks: Tensor) -> Tensor:
    """Replace each of N blocks, (N, rows, columns), by roughly the nearest (semi-)orthogonal matrix.

    The Newton-Schulz iterations run on the shorter side. They need singular values of at most 1: the Frobenius norm of
    the first Gram matrix is an upper bound for the square of the largest one. A block of rounding errors becomes zero.

    >>> orthogonal = orthogonalise(torch.diag(torch.tensor([3.0, 2.0, 1.0]))[None])[0]
    >>> bool(((orthogonal - torch.eye(3)).abs() < 0.4).all())
    True
    """
    is_tall = blocks.shape[1] > blocks.shape[2]
    x = _in_range(blocks.mT if is_tall else blocks)
    for number, (a, b, c) in enumerate(_POLYNOMIALS):
        gram = x @ x.mT
        if number == 0:
            bound = gram.norm(dim=(1, 2), keepdim=True).clamp(min=torch.finfo(gram.dtype).tiny) * 1.01
            x, gram = x / bound.sqrt(), gram / bound
        polynomial = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
        x = torch.baddbmm(x, polynomial, x, beta=a)
    return x.mT if is_tall else x


def _in_range(x: Tensor) -> Tensor:
    """The blocks as float32 can multiply them: small ones scaled up, and rounding errors set to zero."""
    largest = x.abs().amax(dim=(1, 2), keepdim=True)
    if not bool((largest < _SMALL).any()):
        return x
    factors = torch.where(largest < _SMALL, largest.reciprocal(), torch.ones_like(largest))
    return torch.where(largest < _NOISE, torch.zeros_like(x), x * factors)
