"""Dropout over windows: each stream has one mask for all time steps, which is also the cheapest to draw."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn


@final
class LockedDropout(nn.Module):
    """Drops the same units at every time step (Gal & Ghahramani 2016). Each stream has its own mask.

    >>> import torch
    >>> from seqgen.models.dropout import LockedDropout
    >>> dropped = LockedDropout(0.5)(torch.ones(1, 3, 8))
    >>> torch.equal(dropped[:, 0], dropped[:, 2])
    True
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, x: Tensor) -> Tensor:  # (B, T, D)
        if not self.training or not self.probability:
            return x
        kept = 1 - self.probability
        mask = torch.empty_like(x[:, :1]).bernoulli_(kept).div_(kept)  # (B, 1, D)
        return x * mask
