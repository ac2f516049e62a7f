"""AdamW, the optimizer of what is no matrix of a network, or of all its weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, final

import torch

from seqgen.training.optimizer_base import OptimizerBase, ParameterGroup

_EPSILON = 1e-8


@final
class AdamW(OptimizerBase):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2), computed by PyTorch's fused kernel.

    `betas` are the decays of the means of the gradients and of their squares.

    >>> weight = torch.nn.Parameter(torch.ones(2))
    >>> optimizer = AdamW([ParameterGroup([weight], peak_rate=0.1)], betas=(0.9, 0.99))
    >>> weight.grad = torch.tensor([5.0, -0.01])
    >>> optimizer.step()  # the first step has the size of the rate, whatever the size of the gradient
    >>> weight.detach()
    tensor([0.9000, 1.1000])
    """

    remembers: ClassVar = {"step": 0, "exp_avg": None, "exp_avg_sq": None}

    def __init__(self, groups: Sequence[ParameterGroup], *, betas: tuple[float, float]) -> None:
        super().__init__(groups)
        self._betas = betas

    @torch.no_grad()
    def step(self) -> None:
        """Change every parameter that has a gradient."""
        for group in self.groups:
            trained = [(weight, weight.grad) for weight in group.parameters if weight.grad is not None]
            if not trained:
                continue
            memories = [self.memory_of(weight) for weight, _ in trained]
            steps = [memory["step"] for memory in memories]
            torch._foreach_add_(steps, 1)
            torch._fused_adamw_(
                [weight for weight, _ in trained],
                [gradient for _, gradient in trained],
                [memory["exp_avg"] for memory in memories],
                [memory["exp_avg_sq"] for memory in memories],
                [],  # of the variant AMSGrad
                steps,
                lr=group.rate,
                beta1=self._betas[0],
                beta2=self._betas[1],
                weight_decay=group.weight_decay,
                eps=_EPSILON,
                amsgrad=False,
                maximize=False,
            )
