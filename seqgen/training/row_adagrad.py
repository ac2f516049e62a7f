"""An optimizer of large tables that touches only the rows that were read."""

from __future__ import annotations

from typing import ClassVar, final

import torch
from torch import nn

from seqgen.training.optimizer_base import OptimizerBase, ParameterGroup


@final
class RowAdagrad(OptimizerBase):
    """Adagrad (Duchi, Hazan & Singer 2011) with one size for each row: the mean square of its gradients, summed up.

    So a row that is read often takes smaller and smaller steps, and the first step of a rare one is as large as that
    of any other. It remembers one number for each row. There is no momentum, which would move rows that are not read.

    >>> table = nn.Embedding(4, 2, sparse=True)
    >>> before = table.weight.detach().clone()
    >>> optimizer = RowAdagrad([table.weight], lr=0.1)
    >>> table(torch.tensor([2, 2])).sum().backward()
    >>> optimizer.step()
    >>> (table.weight - before).detach().round(decimals=3)
    tensor([[ 0.0000,  0.0000],
            [ 0.0000,  0.0000],
            [-0.1000, -0.1000],
            [ 0.0000,  0.0000]])
    """

    remembers: ClassVar = {"squares": 1}

    def __init__(self, tables: list[nn.Parameter], *, lr: float) -> None:
        super().__init__([ParameterGroup(tables, lr)])

    @torch.no_grad()
    def step(self) -> None:
        """Update every row that has a gradient."""
        for group in self.groups:
            for table in group.parameters:
                if table.grad is not None:
                    self._update(table, learning_rate=group.rate)

    def _update(self, table: nn.Parameter, *, learning_rate: float) -> None:
        assert table.grad is not None
        gradient = (table.grad if table.grad.is_sparse else table.grad.to_sparse(1)).coalesce()
        (rows,), values = gradient.indices(), gradient.values()
        remembered = self.memory_of(table)["squares"]
        squares = remembered[rows] + values.square().mean(dim=1)
        remembered[rows] = squares
        smallest = torch.finfo(squares.dtype).tiny  # a row whose n-grams were all left out has a gradient of zero
        table.index_add_(0, rows, values * squares.clamp(min=smallest).rsqrt()[:, None], alpha=-learning_rate)
