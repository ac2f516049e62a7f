"""Muon: what its updates look like, block by block."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from seqgen.models import Matrix
from seqgen.training.muon import Muon, orthogonalise


@pytest.mark.parametrize("shape", [(3, 40, 40), (2, 64, 16), (2, 16, 64)])
def test_orthogonalised_blocks_have_all_singular_values_near_one(shape: tuple[int, int, int]) -> None:
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonalise(torch.randn(shape) * 1e-3))
    assert values.max() < 1.4
    assert values.median() > 0.7


def test_orthogonalising_keeps_the_singular_vectors() -> None:
    torch.manual_seed(0)
    block = torch.randn(1, 8, 8)
    left, _, right = torch.linalg.svd(block)
    inside = (left.mT @ orthogonalise(block) @ right.mT)[0]
    torch.testing.assert_close(inside, torch.diag(inside.diagonal()), rtol=0, atol=1e-4)
    assert inside.diagonal().min() > 0


def test_the_size_of_a_gradient_does_not_matter() -> None:
    torch.manual_seed(0)
    block = torch.randn(1, 8, 8)
    torch.testing.assert_close(orthogonalise(block), orthogonalise(1e-6 * block), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("scale", [1e-5, 1e-7, 1e-9])
def test_small_gradients_are_orthogonalised_as_well(scale: float) -> None:
    blocks = torch.randn(2, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(orthogonalise(blocks * scale), orthogonalise(blocks), atol=1e-3)


@pytest.mark.parametrize("scale", [0.0, 1e-13, 1e-16, 1e-20, 1e-30])
def test_rounding_errors_in_place_of_a_gradient_change_nothing_and_harm_no_other_block(scale: float) -> None:
    blocks = torch.randn(2, 8, 8, generator=torch.Generator().manual_seed(0))
    blocks[1] *= scale
    noise, signal = orthogonalise(blocks)[1], orthogonalise(blocks)[0]
    assert not noise.any()
    assert torch.allclose(signal, orthogonalise(blocks[:1])[0], atol=1e-5)


def test_a_block_without_gradient_stays_where_it_is() -> None:
    assert not orthogonalise(torch.zeros(1, 4, 4)).any()


def one_step(weight: torch.Tensor, gradient: torch.Tensor, n_blocks: int, **options: float) -> torch.Tensor:
    parameter = nn.Parameter(weight.clone())
    parameter.grad = gradient.clone()
    settings: dict[str, Any] = {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.0, **options}
    Muon([Matrix(parameter, n_blocks)], **settings).step()
    return parameter.detach() - weight


def test_each_gate_is_orthogonalised_on_its_own() -> None:
    torch.manual_seed(0)
    weight, gradient = torch.randn(24, 8), torch.randn(24, 8)
    together = one_step(weight, gradient, 3)
    apart = torch.cat([one_step(weight[i : i + 8], gradient[i : i + 8], 1) for i in (0, 8, 16)])
    torch.testing.assert_close(together, apart)


def test_a_large_block_is_orthogonalised_in_pieces_of_256_rows() -> None:
    torch.manual_seed(0)
    weight, gradient = torch.zeros(512, 300), torch.randn(512, 300)
    apart = torch.cat([one_step(weight[i : i + 256], gradient[i : i + 256], 1) for i in (0, 256)])
    torch.testing.assert_close(one_step(weight, gradient, 1), apart)


def test_a_change_goes_against_the_gradient_by_the_learning_rate() -> None:
    torch.manual_seed(0)
    weight, gradient = torch.randn(8, 8), torch.randn(8, 8)
    change = one_step(weight, gradient, 1)
    assert (change * gradient).sum() < 0
    torch.testing.assert_close(change, -0.1 * orthogonalise(gradient[None])[0], rtol=1e-3, atol=1e-4)


def test_a_tall_block_moves_further_by_the_root_of_its_ratio() -> None:
    torch.manual_seed(0)
    gradient = torch.randn(32, 8)
    change = one_step(torch.zeros(32, 8), gradient, 1)
    torch.testing.assert_close(change, -0.2 * orthogonalise(gradient[None])[0], rtol=1e-3, atol=1e-4)


def test_weight_decay_takes_its_share_of_the_learning_rate() -> None:
    weight = torch.ones(4, 4)
    change = one_step(weight, torch.zeros(4, 4), 1, weight_decay=0.5)
    torch.testing.assert_close(change, torch.full((4, 4), -0.05))


def test_momentum_is_nesterovs() -> None:
    torch.manual_seed(0)
    parameter = nn.Parameter(torch.zeros(6, 6))
    optimizer = Muon([Matrix(parameter)], lr=0.1, momentum=0.9, weight_decay=0.0)
    average = torch.zeros(6, 6)
    for _ in range(3):
        before = parameter.detach().clone()
        gradient = torch.randn(6, 6)
        parameter.grad = gradient
        optimizer.step()
        average = 0.9 * average + 0.1 * gradient
        expected = orthogonalise((0.9 * average + 0.1 * gradient)[None])[0]
        torch.testing.assert_close(parameter.detach() - before, -0.1 * expected, rtol=1e-3, atol=1e-4)
