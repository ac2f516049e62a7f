"""AdamW: the same bits as PyTorch's."""

from __future__ import annotations

import torch
from torch import nn

from seqgen.training.adamw import AdamW
from seqgen.training.optimizer_base import ParameterGroup


def weights() -> list[nn.Parameter]:
    torch.manual_seed(0)
    return [nn.Parameter(torch.randn(shape)) for shape in ((5, 3), (7,), (2, 2))]


def test_its_steps_are_those_of_pytorch_bit_for_bit() -> None:
    ours, theirs = weights(), weights()
    optimizer = AdamW([ParameterGroup(ours[:1], 0.1, 0.2), ParameterGroup(ours[1:], 0.1)], betas=(0.8, 0.95))
    groups = [{"params": theirs[:1], "weight_decay": 0.2}, {"params": theirs[1:], "weight_decay": 0.0}]
    reference = torch.optim.AdamW(groups, lr=0.1, betas=(0.8, 0.95), fused=True)
    for step in range(5):
        for one, two in zip(ours, theirs, strict=True):
            one.grad = torch.randn(one.shape) * 10.0 ** (3 * step - 6)
            two.grad = one.grad.clone()
        for group in optimizer.groups:
            group.rate = 0.1 / (1 + step)
        for other in reference.param_groups:
            other["lr"] = 0.1 / (1 + step)
        optimizer.step()
        reference.step()
    assert all(torch.equal(one, two) for one, two in zip(ours, theirs, strict=True))


def test_a_parameter_without_a_gradient_stays_and_counts_no_step() -> None:
    still, moved = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))
    optimizer = AdamW([ParameterGroup([still, moved], 0.1, 0.5)], betas=(0.9, 0.99))
    moved.grad = torch.ones(3)
    optimizer.step()
    assert still.tolist() == [1, 1, 1]
    assert list(optimizer.memory) == [moved]
