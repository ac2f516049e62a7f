"""The optimizer of tables of which a step reads a few rows."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from seqgen.training.row_adagrad import RowAdagrad


def table_of(n_rows: int = 6, *, sparse: bool = True) -> nn.EmbeddingBag:
    torch.manual_seed(0)
    return nn.EmbeddingBag(n_rows, 3, mode="sum", sparse=sparse)


def learn(table: nn.EmbeddingBag, optimizer: RowAdagrad, rows: list[list[int]]) -> None:
    optimizer.zero_grad()
    table(torch.tensor(rows)).square().sum().backward()
    optimizer.step()


def test_rows_that_were_not_read_stay_as_they_are() -> None:
    table = table_of()
    before = table.weight.detach().clone()
    learn(table, RowAdagrad(list(table.parameters()), lr=0.1), [[1, 4]])
    assert (table.weight != before).any(dim=1).tolist() == [False, True, False, False, True, False]


def test_the_first_step_of_a_row_has_the_size_of_the_rate() -> None:
    table = table_of()
    before = table.weight.detach().clone()
    optimizer = RowAdagrad(list(table.parameters()), lr=0.1)
    learn(table, optimizer, [[1, 1]])
    learn(table, optimizer, [[4, 5]])
    sizes = (table.weight - before).detach().square().mean(dim=1).sqrt()
    assert sizes[[1, 4, 5]].tolist() == pytest.approx([0.1] * 3)


def test_steps_of_a_row_become_smaller() -> None:
    table = table_of()
    optimizer = RowAdagrad(list(table.parameters()), lr=0.01)
    sizes = []
    for _ in range(4):
        before = table.weight.detach().clone()
        learn(table, optimizer, [[2]])
        sizes.append((table.weight - before).norm().item())
    assert sizes == sorted(sizes, reverse=True)


def test_sparse_and_dense_gradients_give_the_same_rows() -> None:
    """Several GPUs exchange dense ones."""
    tables = [table_of(sparse=sparse) for sparse in (True, False)]
    for table in tables:
        optimizer = RowAdagrad(list(table.parameters()), lr=0.1)
        for rows in ([[1, 4], [4, 2]], [[2, 2], [5, 1]]):
            learn(table, optimizer, rows)
    torch.testing.assert_close(tables[0].weight, tables[1].weight)


def test_a_gradient_of_zero_moves_nothing() -> None:
    table = table_of()
    before = table.weight.detach().clone()
    optimizer = RowAdagrad(list(table.parameters()), lr=0.1)
    (0.0 * table(torch.tensor([[1, 4]]))).sum().backward()
    optimizer.step()
    assert torch.equal(table.weight, before)
